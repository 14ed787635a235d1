import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import type { Configuration } from "../../configuration/configuration.ts";
import { defaultConfiguration } from "../../configuration/default-configuration.ts";
import { readConfiguration } from "../../configuration/read.ts";
import { displayPath, readTextFile } from "../../files/read-files.ts";
import {
  type LoadedModel,
  loadDifficultyModel,
  loadIntentModel,
  modelPlace,
} from "../../files/read-intent-model.ts";
import type { LoadProblem } from "./load.ts";
import { problemOf } from "./problem-of.ts";

/** The configuration as the disk has it now. */
export interface Configured {
  readonly configuration: Configuration | null;
  readonly print: string;
  readonly problems: readonly LoadProblem[];
  /** The configuration, and the secret files and models it names, as absolute paths. */
  readonly files: readonly string[];
}

/** Reads the configuration, its variables, its secret files and its models. The print covers all that was read, as a digest. */
export function readConfigured(
  file: string | null,
  variable: (name: string) => string | undefined,
): Configured {
  if (file === null) {
    return { configuration: defaultConfiguration(), print: "built-in", problems: [], files: [] };
  }
  const files = [resolve(file)];
  const read = readTextFile(file);
  const why = read.ok ? emptiness(read.text) : read.why;
  if (!read.ok || why !== null) {
    return { configuration: null, print: "", problems: [unreadable(file, why ?? "")], files };
  }
  const digest = createHash("sha256").update(read.text);
  const source = { file: displayPath(file), text: read.text };
  const model = (path: string, load: (place: string | null) => LoadedModel): LoadedModel => {
    const place = modelPlace(file, path);
    if (place !== null) files.push(place);
    const loaded = load(place);
    digest.update(`\0model ${path}\0${loaded.ok ? loaded.model.hash : loaded.why}`);
    return loaded;
  };
  const {
    configuration,
    diagnostics,
    sources: shown,
  } = readConfiguration(source, {
    variable: (name) => {
      const value = variable(name);
      digest.update(`\0variable ${name}\0${value ?? ""}`);
      return value;
    },
    file: (path) => {
      const place = resolve(dirname(file), path);
      files.push(place);
      const secret = readTextFile(place);
      digest.update(`\0file ${place}\0${secret.ok ? secret.text : ""}`);
      return secret.ok ? secret.text : undefined;
    },
    intentModel: (path) => model(path, loadIntentModel),
    difficultyModel: (path) => model(path, loadDifficultyModel),
  });
  const sources = new Map(shown.map((each) => [each.file, each.text]));
  const problems = diagnostics.map((diagnostic) => problemOf(null, diagnostic, sources));
  return { configuration, print: digest.digest("hex"), problems, files };
}

/** An empty file is one that somebody is about to write, never a configuration. */
function emptiness(text: string): string | null {
  return text.trim() === "" ? "it is empty" : null;
}

function unreadable(file: string, why: string): LoadProblem {
  const summary = `cannot read ${displayPath(file)}: ${why}`;
  return { policy: null, severity: "error", summary, text: summary };
}
