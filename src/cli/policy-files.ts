import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./output.ts";
import { reasonOf } from "./workspace.ts";

/** The policies that paths name: files as they are, of a folder every `.policy` below it. Hidden folders do not count. */
export function policyFiles(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((path) => (isFolder(path) ? below(path) : [path])))];
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function below(folder: string): readonly string[] {
  const files: string[] = [];
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...below(path));
    else if (entry.name.endsWith(".policy")) files.push(path);
  }
  return files;
}
