import { readFileSync } from "node:fs";
import { readConfiguration } from "../../src/configuration/read.ts";

const nothing = { variable: () => undefined, file: () => undefined };

/** A configuration as it is read where neither variables nor files are, but for what `environment` holds. */
export const read = (text: string, environment: Partial<typeof nothing> | object = {}) =>
  readConfiguration({ file: "conf/signalbox.yaml", text }, { ...nothing, ...environment });

/** The configuration that goes with the example policies. */
export const example = readFileSync("policies/signalbox.yaml", "utf8");
