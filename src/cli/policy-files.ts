import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./output.ts";
import { reasonOf } from "./workspace.ts";

/** Files that a folder may hold below it before a command refuses to go on. */
const mostFiles = 10_000;

/** Folders that hold no policies of one's own. */
const skipped = /^\.|^node_modules$/;

/** The files that a command was given: each as it is, and for a folder every `.policy` file below it, in order. */
export function policyFiles(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((path) => (isFolder(path) ? filesBelow(path) : [path])))];
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
