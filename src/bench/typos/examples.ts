import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Configuration } from "../../configuration/configuration.ts";
import { readConfiguration } from "../../configuration/read.ts";
import type { SourceLoader } from "../../language/checker/vocabulary.ts";
import { createExample, type Example } from "./fault.ts";

/** The policies of a folder and how they find their libraries in it. */
export interface Examples {
  readonly examples: readonly Example[];
  readonly load: SourceLoader;
}

/** Reads every `.policy` file of a folder, with the names that its `signalbox.yaml` knows. Throws when that has an error. */
export function readExamples(folder: string): Examples {
  const configuration = readNames(join(folder, "signalbox.yaml"));
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".policy"))
    .sort();
  const texts = new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
  return {
    examples: [...texts].map(([file, text]) => createExample({ file, text }, configuration)),
    load: (_from, path) => {
      const text = texts.get(basename(path));
      return text === undefined ? null : { file: basename(path), text };
    },
  };
}

function readNames(file: string): Configuration {
  const source = { file, text: readFileSync(file, "utf8") };
  const nothing = { variable: () => undefined, file: () => undefined };
  const { configuration, diagnostics } = readConfiguration(source, nothing);
  if (configuration !== null) return configuration;
  throw new RangeError(diagnostics.map(({ message }) => message).join("; "));
}
