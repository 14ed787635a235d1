import {
  accessSync,
  chmodSync,
  constants,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { reasonOf } from "../files/read-files.ts";
import { UsageError } from "./output.ts";

/**
 * Puts a text in a file's place in one step, so that nobody ever reads half of it; a link stays one, the mode stays. A
 * UsageError when it cannot be written.
 */
export function replaceFile(path: string, text: string): void {
  let temporary: string | null = null;
  try {
    const place = realpathSync(path);
    accessSync(place, constants.W_OK);
    const mode = statSync(place).mode & 0o7777;
    temporary = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);
    writeFileSync(temporary, text, { flag: "wx", mode });
    chmodSync(temporary, mode);
    renameSync(temporary, place);
  } catch (cause) {
    if (temporary !== null) rmSync(temporary, { force: true });
    const { code } = cause as NodeJS.ErrnoException;
    const isDenied = code === "EACCES" || code === "EPERM" || code === "EROFS";
    const reason = isDenied ? "no permission to write it" : reasonOf(cause);
    throw new UsageError(`cannot write ${path}: ${reason}`, { cause });
  }
}
