import { Worker } from "node:worker_threads";
import { workerFlags, workerScript } from "../files/worker-script.ts";
import type { ColumnMap } from "./column-map.ts";
import { rowFormatNamed, rowFormatOf } from "./formats/row-formats.ts";
import type { LogFileName, RandomAccess } from "./log-file.ts";
import type { LogFormat } from "./log-format.ts";
import type { ReadLine } from "./logged-request.ts";
import { readMapped } from "./mapped-row.ts";
import type { ParquetOrder, ParquetWord, ParquetWorkerData } from "./parquet-worker.ts";
import type { Row } from "./row.ts";
import type { RowContext } from "./row-request.ts";
import { UnreadableLogError } from "./unreadable-log-error.ts";

/** Memory that decoding one group of rows may take, in MiB. */
const mostMemory = 2_048;

export interface ParquetReading {
  readonly format: LogFormat | null;
  readonly map: ColumnMap | null;
  readonly file: LogFileName | null;
  readonly context: RowContext;
  /** In MiB; 2,048 when left out. */
  readonly mostMemory?: number;
}

/**
 * Reads a Parquet file by groups of rows; the number of a row, from 1, stands for its line. Decodes in a thread of its own with
 * memory of its own, since a file of a hundred bytes can say that it holds a billion rows.
 */
export async function* readParquet(
  bytes: RandomAccess,
  reading: ParquetReading,
): AsyncGenerator<{ readonly read: ReadLine; readonly line: number }> {
  const thread = new ParquetThread(bytes, reading.mostMemory ?? mostMemory);
  let line = 0;
  try {
    const head = await thread.next(line);
    const read = rowReader(head.kind === "columns" ? head.names : [], reading);
    for (;;) {
      const word = await thread.next(line);
      if (word.kind !== "rows" || word.rows.length === 0) return;
      for (const row of word.rows) {
        line += 1;
        yield { read: read(row, line), line };
      }
    }
  } finally {
    await thread.end();
  }
}

type Told = Exclude<ParquetWord, { readonly kind: "slice" }>;

/** The thread that decodes, asked for one thing at a time. */
class ParquetThread {
  readonly #worker: Worker;
  readonly #bytes: RandomAccess;
  readonly #mostMemory: number;
  #waiting: { resolve: (word: Told) => void; reject: (error: unknown) => void } | null = null;

  constructor(bytes: RandomAccess, maxOldGenerationSizeMb: number) {
    const script = workerScript("parquet-worker", import.meta.url);
    const data: ParquetWorkerData = { size: bytes.size };
    this.#bytes = bytes;
    this.#mostMemory = maxOldGenerationSizeMb;
    this.#worker = new Worker(script, {
      workerData: data,
      execArgv: workerFlags(script),
      resourceLimits: { maxOldGenerationSizeMb },
    });
    this.#worker.on("message", (word: ParquetWord) => this.#hear(word));
    this.#worker.on("error", (error) => this.#waiting?.reject(error));
    this.#worker.on("exit", () => this.#waiting?.reject(new Error("its decoder has ended")));
  }

  /** What comes next, after so many rows. */
  async next(rows: number): Promise<Told> {
    const { promise, resolve, reject } = Promise.withResolvers<Told>();
    this.#waiting = { resolve, reject };
    this.#say({ kind: "next" });
    let why: string;
    try {
      const word = await promise;
      if (word.kind !== "failed") return word;
      why = word.why;
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (code !== "ERR_WORKER_OUT_OF_MEMORY") throw error;
      why = `a group of its rows takes more than ${this.#mostMemory} MiB; write it with smaller groups`;
    } finally {
      this.#waiting = null;
    }
    throw new UnreadableLogError(`not readable as Parquet after row ${rows}: ${why}`);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(word: ParquetWord): void {
    if (word.kind !== "slice") {
      this.#waiting?.resolve(word);
      return;
    }
    this.#bytes.slice(word.start, word.end).then(
      (bytes) => this.#say({ kind: "bytes", bytes }),
      (error: unknown) => this.#waiting?.reject(error),
    );
  }

  #say(order: ParquetOrder): void {
    this.#worker.postMessage(order);
  }
}

function rowReader(
  names: readonly string[],
  { format, map, file, context }: ParquetReading,
): (row: Row, line: number) => ReadLine {
  const rows =
    format === null ? rowFormatOf((name) => names.includes(name)) : rowFormatNamed(format);
  if (map === null && rows !== null) {
    return (row, line) => rows.read(row, { line, file }, context);
  }
  const missing = [...(map ?? new Map()).keys()].find(
    (path) => !names.some((name) => path === name || path.startsWith(`${name}.`)),
  );
  if (missing !== undefined) {
    throw new UnreadableLogError(
      `the log has no column \`${missing}\`; its columns are ${names.slice(0, 20).join(", ")}`,
    );
  }
  return (row, line) => readMapped(row, map, { format: "parquet", place: { line, file }, context });
}
