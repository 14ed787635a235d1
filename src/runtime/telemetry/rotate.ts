import { rename, rm } from "node:fs/promises";

/** When a log's file is put aside, and how many of those are kept. */
export interface Rotation {
  /** A file that would grow beyond it is put aside first. */
  readonly maxBytes: number;
  /** Files put aside that are kept: `name.1` is the newest. */
  readonly keep: number;
}

/** Puts a file aside: it becomes `name.1`, `name.1` becomes `name.2`, and the oldest is removed. Rejects with the system's error. */
export async function rotate(path: string, keep: number): Promise<void> {
  if (keep === 0) {
    await rm(path, { force: true });
    return;
  }
  for (let number = keep - 1; number >= 1; number -= 1) {
    await rename(`${path}.${number}`, `${path}.${number + 1}`).catch(unlessMissing);
  }
  await rename(path, `${path}.1`).catch(unlessMissing);
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
