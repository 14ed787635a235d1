import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";

const deepest = 12;
const mostFolders = 2_000;
const mostPolicies = 2_000;

/** Paths of the `.policy` files in a folder and the folders below it; hidden folders and `node_modules` are passed over. */
export function findPolicies(root: string): readonly string[] {
  const found: string[] = [];
  const folders: { readonly path: string; readonly depth: number }[] = [{ path: root, depth: 0 }];
  for (const { path, depth } of folders) {
    for (const entry of entriesOf(path)) {
      const place = join(path, entry.name);
      const isHidden = entry.name.startsWith(".") || entry.name === "node_modules";
      if (entry.isDirectory() && !isHidden && depth < deepest && folders.length < mostFolders) {
        folders.push({ path: place, depth: depth + 1 });
      } else if (entry.isFile() && entry.name.endsWith(".policy") && found.length < mostPolicies) {
        found.push(place);
      }
    }
  }
  return found.sort();
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    // A folder that may not be read holds no policies for us.
    return [];
  }
}
