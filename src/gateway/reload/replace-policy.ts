import { randomBytes } from "node:crypto";
import { copyFile, lstat, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readTextFile } from "../../files/read-files.ts";

/** A policy's file as it was before another text took its place. */
export interface Replaced {
  /** Puts everything back as it was. */
  undo(): Promise<void>;
}

/** Why a file is not replaced; completes "the policy cannot be replaced: …". */
export class NotReplaced extends Error {
  override readonly name = "NotReplaced";
}

/** Where the text that was replaced is kept, beside the file. */
export const beforeOf = (file: string): string => `${file}.before`;

/** The text that was replaced last; null where there is none, or it cannot be read. */
export function textBefore(file: string): string | null {
  const read = readTextFile(beforeOf(file));
  return read.ok ? read.text : null;
}

/**
 * Puts a text in a policy's file in one step, and keeps what stood there as FILE.before; null, and nothing is written, where
 * the file holds that text already. Rejects with a NotReplaced where the file does not read as `expected`, is no file of its
 * own, or cannot be written; then nothing has changed.
 */
export async function replacePolicy(
  file: string,
  { expected, text }: { readonly expected: string; readonly text: string },
): Promise<Replaced | null> {
  const read = readTextFile(file);
  if (!read.ok) throw new NotReplaced(`cannot read ${file}: ${read.why}`);
  if (read.text !== expected)
    throw new NotReplaced(
      `${file} does not hold what is in force: put its changes in force, or take them back, first`,
    );
  // What stood there before is what a repeated order would lose.
  if (text === expected) return null;
  const before = beforeOf(file);
  try {
    if (!(await lstat(file)).isFile())
      throw new NotReplaced(`${file} is a link: change the file where it comes from`);
    const older = textBefore(file);
    const kept = temporaryOf(before);
    const fresh = temporaryOf(file);
    try {
      await copyFile(file, kept);
      await write(fresh, text, (await lstat(file)).mode & 0o7777);
      await rename(kept, before);
      await rename(fresh, file);
    } finally {
      await Promise.all([rm(kept, { force: true }), rm(fresh, { force: true })]);
    }
    return { undo: () => undo(file, older) };
  } catch (cause) {
    if (cause instanceof NotReplaced) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NotReplaced(`cannot write beside ${file}: ${why}`, { cause });
  }
}

async function undo(file: string, older: string | null): Promise<void> {
  const before = beforeOf(file);
  await rename(before, file);
  if (older === null) return;
  const fresh = temporaryOf(before);
  await write(fresh, older, 0o644);
  await rename(fresh, before);
}

/** On the disk before it gets its name, so that a loss of power leaves the one text or the other. */
async function write(path: string, text: string, mode: number): Promise<void> {
  const handle = await open(path, "wx", mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A hidden name, which is no policy's. */
function temporaryOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}
