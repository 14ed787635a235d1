import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { reasonOf } from "../files/read-files.ts";
import { UsageError } from "./output.ts";

/** Files that a folder may hold below it before a command refuses to go on. */
const mostFiles = 10_000;

/** Folders that hold no policies of one's own. */
const skipped = /^\.|^node_modules$/;

/**
 * The files that a command was given: each as it is, and for a folder every `.policy` file below it, in order. A UsageError
 * for any other file, so that `--fix policies/*` does not mend a configuration.
 */
export function policyFiles(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((path) => (isFolder(path) ? filesBelow(path) : [named(path)])))];
}

function named(path: string): string {
  const isOther = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  if (isOther && !path.endsWith(".policy")) {
    throw new UsageError(`${path} is no policy: its name does not end in .policy`);
  }
  return path;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const open = [folder];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const entry of entriesOf(next)) {
      const path = join(next, entry.name);
      if (entry.isDirectory() && !skipped.test(entry.name)) open.push(path);
      if (entry.isFile() && entry.name.endsWith(".policy")) found.push(path);
    }
    if (found.length + open.length > mostFiles) {
      throw new UsageError(`${folder} holds more than ${mostFiles} files and folders: name fewer`);
    }
  }
  if (found.length === 0) throw new UsageError(`there is no .policy file below ${folder}`);
  return found.sort();
}

function entriesOf(folder: string): import("node:fs").Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw new UsageError(`cannot read ${folder}: ${reasonOf(cause)}`, { cause });
  }
}
