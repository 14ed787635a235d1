import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/setup.ts"],
    testTimeout: process.env["SIGNALBOX_LONG"] === "1" ? 600_000 : 30_000,
    hookTimeout: 30_000,
  },
});
