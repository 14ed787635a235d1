import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { join, relative, resolve, sep } from "node:path";

/** Larger files are refused by name: a generated file that outgrew all sense must not stall a reload. */
export const fileLimitBytes = 8 * 1024 * 1024;

export type FileRead =
  | { readonly ok: true; readonly text: string }
  /** `why` completes "cannot read FILE: …". */
  | {
      readonly ok: false;
      readonly missing: boolean;
      readonly tooLong?: boolean;
      readonly why: string;
    };

/** Path as a person would type it: relative to the working folder when it lies inside. */
export function displayPath(path: string): string {
  const near = relative(resolve(), resolve(path));
  return near !== "" && near !== ".." && !near.startsWith(`..${sep}`) ? near : resolve(path);
}

/** Reads a regular file of bounded size in one go; pipes, devices and folders are refused without waiting for them. */
export function readTextFile(path: string): FileRead {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { ok: false, missing: codeOf(error) === "ENOENT", why: reasonOf(error) };
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return refused("it is not a regular file");
    if (stats.size > fileLimitBytes) {
      return { ...refused(`it is larger than ${fileLimitBytes} bytes`), tooLong: true };
    }
    return { ok: true, text: readAll(file, stats.size) };
  } catch (error) {
    return refused(reasonOf(error));
  } finally {
    closeSync(file);
  }
}

function readAll(file: number, size: number): string {
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(file, bytes, filled, size - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return bytes.toString("utf8", 0, filled).replace(/^\uFEFF/, "");
}

function refused(why: string): Extract<FileRead, { readonly ok: false }> {
  return { ok: false, missing: false, why };
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}

/** The operating system's reason in plain words. */
export function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
      return "no permission to read it";
    case "EISDIR":
      return "it is a folder";
    case "ELOOP":
      return "its symbolic links run in a circle";
    case "ERR_ENCODING_INVALID_ENCODED_DATA":
      return "it is not UTF-8 text";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** Paths of the policies at a place: itself when it is a file, else its `.policy` files by name; hidden ones do not count. */
export function listPolicies(
  place: string,
):
  | { readonly ok: true; readonly files: readonly string[] }
  | { readonly ok: false; readonly why: string } {
  try {
    if (!statSync(place).isDirectory()) return { ok: true, files: [place] };
    const names = readdirSync(place).filter((name) => /^[^.].*\.policy$/.test(name));
    return { ok: true, files: names.sort().map((name) => join(place, name)) };
  } catch (error) {
    return { ok: false, why: reasonOf(error) };
  }
}

/** Whether a place is a folder now. */
export function isFolder(place: string): boolean {
  try {
    return statSync(place).isDirectory();
  } catch {
    return false;
  }
}

/** The path with its symbolic links followed; itself when that is not possible. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
