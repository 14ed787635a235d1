import { createReadStream, globSync, readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "../files/read-files.ts";
import type { LogFile, LogFiles } from "../simulator/log-file.ts";
import { UsageError } from "./output.ts";

/** Names of files that are taken for logs in a folder. */
const logName = /\.(jsonl|ndjson|json|csv|log)(\.(gz|zst|zstd))?$|\.parquet$/i;

const chunkBytes = 256 * 1024;

/** What an argument for a log may be, as help says it. */
export const logArgument = "files, folders or globs of logs, plain, gzip or zstd; - for stdin";

export interface OpenedLog extends LogFiles {
  /** Bytes of all files as they lie there; null where stdin is among them. */
  readonly size: number | null;
}

/** Finds the files of a log: `-` is stdin, a folder stands for the logs beneath it, by name. A UsageError names what is not there. */
export function findLog(paths: readonly string[]): OpenedLog {
  let read = 0;
  const counts = (bytes: number): void => {
    read += bytes;
  };
  const found = paths.flatMap((path) => (path === "-" ? ["-"] : filesOf(path)));
  if (found.filter((path) => path === "-").length > 1)
    throw new UsageError("stdin (-) is there to be read once");
  const sizes = found.map((path) => (path === "-" ? null : sizeOf(path)));
  return {
    files: found.map((path) => (path === "-" ? stdin(counts) : fileOf(path, counts))),
    size: sizes.includes(null) ? null : sizes.reduce<number>((sum, each) => sum + (each ?? 0), 0),
    bytesRead: () => read,
  };
}

function filesOf(path: string): readonly string[] {
  const stat = statOf(path);
  if (stat === null) {
    const matches = /[*?[{]/.test(path) ? globSync(path).toSorted() : [];
    if (matches.length === 0)
      throw new UsageError(
        `cannot read ${path}: ${/[*?[{]/.test(path) ? "no file is named so" : "no such file"}`,
      );
    return matches.flatMap((each) =>
      statOf(each)?.isDirectory() === true ? filesIn(each) : [each],
    );
  }
  if (!stat.isDirectory()) return [path];
  const files = filesIn(path);
  if (files.length > 0) return files;
  throw new UsageError(
    `${path} holds no log: none of its files ends in .jsonl, .ndjson, .json, .csv, .log or .parquet`,
  );
}

/** Logs in a folder and those below it; what is hidden stays so. */
function filesIn(folder: string): readonly string[] {
  const entries = listOf(folder).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (entry.name.startsWith(".")) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return logName.test(entry.name) ? [path] : [];
  });
}

function listOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw new UsageError(`cannot read ${folder}: ${reasonOf(cause)}`, { cause });
  }
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function sizeOf(path: string): number {
  const stat = statOf(path);
  if (stat === null) throw new UsageError(`cannot read ${path}: no such file`);
  return stat.size;
}

function fileOf(path: string, counts: (bytes: number) => void): LogFile {
  return {
    name: path,
    chunks: () => counted(createReadStream(path, { highWaterMark: chunkBytes }), path, counts),
    // What comes through a pipe is there once.
    open: statOf(path)?.isFile() === true ? () => anywhereIn(path, counts) : null,
  };
}

async function anywhereIn(path: string, counts: (bytes: number) => void) {
  const handle = await reading(path, open(path));
  const { size } = await handle.stat();
  return {
    size,
    async slice(start: number, end: number) {
      const bytes = Buffer.alloc(Math.max(Math.min(end, size) - start, 0));
      const { bytesRead } = await reading(path, handle.read(bytes, 0, bytes.length, start));
      counts(bytesRead);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytesRead);
    },
    close: () => handle.close(),
  };
}

function stdin(counts: (bytes: number) => void): LogFile {
  return { name: "stdin", chunks: () => counted(process.stdin, "stdin", counts), open: null };
}

async function* counted(
  chunks: AsyncIterable<Uint8Array | string>,
  path: string,
  counts: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await reading(path, source.next());
      if (done === true) return;
      const bytes = typeof value === "string" ? Buffer.from(value) : value;
      counts(bytes.length);
      yield bytes;
    }
  } finally {
    await source.return?.();
  }
}

/** What the system says of a file, told to whoever named it. */
async function reading<Result>(path: string, result: Promise<Result>): Promise<Result> {
  try {
    return await result;
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}
