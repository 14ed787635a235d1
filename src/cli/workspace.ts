import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Configuration } from "../configuration/configuration.ts";
import { defaultConfiguration } from "../configuration/default-configuration.ts";
import { readConfiguration } from "../configuration/read.ts";
import type { Diagnostic, SourceFile } from "../diagnostics/diagnostic.ts";
import { render } from "../diagnostics/render.ts";
import {
  configurationEnvironment,
  configurationName,
  configurationPlaces,
} from "../files/find-configuration.ts";
import { displayPath, reasonOf } from "../files/read-files.ts";
import type { SourceLoader } from "../language/checker/vocabulary.ts";
import { FindingsError, UsageError, wantsColor } from "./output.ts";

/** A configuration with the diagnostics and sources it came with, so that a command can print them. */
export interface Workspace {
  readonly configuration: Configuration;
  /** Says that no configuration was found, and so no target is known; null when one was. */
  readonly note: string | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Map<string, string>;
}

/** Bytes of a text that are read at all: several times what a policy or a configuration may hold. */
const mostBytes = 64 * 1024 * 1024;

/** Reads a text file; a UsageError names what is wrong with it. */
export function readSource(path: string): SourceFile {
  let bytes: Uint8Array;
  try {
    bytes = readStart(path);
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  if (bytes.length > mostBytes) {
    throw new UsageError(`cannot read ${path}: it is larger than ${mostBytes / 1024 ** 2} MB`);
  }
  return { file: displayPath(resolve(path)), text: decodeSource(path, bytes) };
}

/** The beginning of a file: all of it unless it is larger than what is read at all, or has no end, as a device. */
function readStart(path: string): Uint8Array {
  if (statSync(path).isFile() && statSync(path).size <= mostBytes) return readFileSync(path);
  const descriptor = openSync(path, "r");
  try {
    const parts: Uint8Array[] = [];
    for (let read = 0; read <= mostBytes; read += parts.at(-1)?.length ?? 0) {
      const part = new Uint8Array(1024 * 1024);
      const length = readSync(descriptor, part);
      if (length === 0) break;
      parts.push(part.subarray(0, length));
    }
    return Buffer.concat(parts);
  } finally {
    closeSync(descriptor);
  }
}

/** The text that bytes hold, a byte order mark included; a UsageError when they hold none. */
export function decodeSource(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`cannot read ${name}: ${reasonOf(cause)}`, { cause });
  }
}

/** The configuration's place: as named, beside the policy, in `policies/`, or null when there is none. */
export function findConfiguration(
  named: string | undefined,
  beside: string | undefined,
): string | null {
  if (named !== undefined) {
    if (!existsSync(named)) throw new UsageError(`there is no configuration at ${named}`);
    return statSync(named).isDirectory() ? join(named, configurationName) : named;
  }
  const folder = beside === undefined ? "." : folderOf(beside);
  return configurationPlaces(folder, ".").find((path) => existsSync(path)) ?? null;
}

function folderOf(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? path : dirname(path);
}

/** Reads the configuration for a command; throws a FindingsError with its errors. */
export function openWorkspace(named: string | undefined, beside: string | undefined): Workspace {
  const path = findConfiguration(named, beside);
  if (path === null) {
    const note = `no ${configurationName} was found beside ${beside ?? "this folder"} or in policies/, so no target is known: name one with --config`;
    return { configuration: defaultConfiguration(), note, diagnostics: [], sources: new Map() };
  }
  const read = readConfiguration(readSource(path), configurationEnvironment(path));
  // As read back: a secret that stands in the file is dots here, and reaches no terminal.
  const { configuration, diagnostics } = read;
  const sources = new Map(read.sources.map(({ file, text }) => [file, text]));
  if (configuration === null) throw new FindingsError(diagnostics, sources);
  return { configuration, note: null, diagnostics, sources };
}

/** Loads what `use` names, relative to the file that names it. */
export const loadBeside: SourceLoader = (fromFile, path) => {
  const place = resolve(dirname(fromFile), path);
  if (!existsSync(place) || !statSync(place).isFile()) return null;
  return {
    file: displayPath(place),
    text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(readStart(place)),
  };
};

/** Diagnostics as a person reads them, one blank line apart. */
export function renderAll(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  stream: { readonly isTTY?: boolean },
): string {
  const color = wantsColor(stream);
  return diagnostics.map((diagnostic) => render(diagnostic, sources, { color })).join("\n\n");
}
