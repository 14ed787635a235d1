import { mkdirSync, writeFileSync } from "node:fs";
import { configurationSchema } from "../src/configuration/schema.ts";

/** Writes the JSON Schema of the configuration, which editors read and a test compares. */
const folder = new URL("../schemas/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(
  new URL("signalbox.schema.json", folder),
  `${JSON.stringify(configurationSchema(), null, 2)}\n`,
);
