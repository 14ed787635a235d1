import { readFileSync } from "node:fs";
import { BugError } from "../base/assert.ts";

/** The version of this package. */
export function packageVersion(): string {
  for (const place of ["../../package.json", "../../../package.json"]) {
    try {
      const text = readFileSync(new URL(place, import.meta.url), "utf8");
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // Sources stand two folders below the package, the build three.
    }
  }
  throw new BugError("package.json is not where the package keeps it");
}
