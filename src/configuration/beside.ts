import { dirname, isAbsolute, join } from "node:path";
import type { SourceFile } from "../diagnostics/diagnostic.ts";

/** A path as a file of the configuration means it. */
export function beside(source: SourceFile, path: string): string {
  return isAbsolute(path) ? path : join(dirname(source.file), path);
}
