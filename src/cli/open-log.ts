import { createReadStream, statSync } from "node:fs";
import type { Configuration } from "../configuration/configuration.ts";
import { reasonOf } from "../files/read-files.ts";
import { type ColumnMap, readColumnMap } from "../simulator/column-map.ts";
import { UnreadableLogError } from "../simulator/unreadable-log-error.ts";
import { UsageError } from "./output.ts";
import { createProgress } from "./progress.ts";

/** Reads a log with a progress bar; whatever makes it unreadable is a UsageError. */
export async function withLog<Result>(
  path: string,
  read: (
    log: AsyncIterable<Uint8Array>,
    show: (bytes: number, requests: number) => void,
  ) => Promise<Result>,
): Promise<Result> {
  const size = sizeOf(path);
  const progress = createProgress("requests");
  try {
    const log = createReadStream(path, { highWaterMark: 256 * 1024 });
    return await read(log, (bytes, requests) =>
      progress.show(size === 0 ? 1 : bytes / size, requests),
    );
  } catch (error) {
    if (error instanceof UnreadableLogError)
      throw new UsageError(`${path}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    progress.clear();
  }
}

function sizeOf(path: string): number {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new UsageError(`cannot read ${path}: it is a folder`);
    return stat.size;
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** The columns that `--map` names; null without it. */
export function columnsOf(
  text: string | undefined,
  configuration: Configuration,
): ColumnMap | null {
  if (text === undefined) return null;
  const read = readColumnMap(text, configuration.facts);
  if (!read.ok) throw new UsageError(`--map: ${read.message}`);
  return read.map;
}
