import { configureGlobal } from "fast-check";

// `npm run test:long` runs every property that sets no count of its own twenty-five times as often.
configureGlobal({ numRuns: process.env["SIGNALBOX_LONG"] === "1" ? 5_000 : 200 });
