import { existsSync } from "node:fs";
import { BugError } from "../base/assert.ts";

/** The folder of the package, as a URL that ends in a slash: sources stand two folders below it, the build three. */
export function packageFolder(): URL {
  for (const place of ["../../", "../../../"]) {
    const folder = new URL(place, import.meta.url);
    if (existsSync(new URL("package.json", folder))) return folder;
  }
  throw new BugError("package.json is not where the package keeps it");
}
