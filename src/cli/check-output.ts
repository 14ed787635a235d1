import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "./output.ts";

/** Before minutes are spent on what is to be written: whether there is a place for it. Throws a UsageError. */
export function checkOutput(path: string): void {
  const folder = dirname(path);
  const refused = (reason: string): UsageError => new UsageError(`cannot write ${path}: ${reason}`);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw refused("it is a folder");
  }
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw refused(`there is no folder ${folder}`);
  }
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new UsageError(`cannot write ${path}: nothing may be written in ${folder}`, { cause });
  }
}
