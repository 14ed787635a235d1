import type { FactTable } from "../facts/fact.ts";
import { encoderVocabulary, loadEncoder } from "../meaning/token-count.ts";
import type { ColumnMap } from "./column-map.ts";
import { holdsUncounted, withCountedTexts } from "./counted-texts.ts";
import type { Log, LogFile, LogFileName } from "./log-file.ts";
import type { LogFormat } from "./log-format.ts";
import type { LoggedRequest, ReadLine } from "./logged-request.ts";
import { type LineChunk, LineCutter } from "./parallel/line-cutter.ts";
import { CsvReader } from "./read-csv.ts";
import { readJsonLine } from "./read-json-line.ts";
import { readParquet } from "./read-parquet.ts";
import type { RowContext } from "./row-request.ts";
import { headBytes, type LogShape, shapeOf } from "./sniff.ts";
import { type LineSink, LineSplitter } from "./split-lines.ts";
import { ValueSplitter } from "./split-values.ts";
import { unpacked } from "./unpack.ts";
import { unreadableForm } from "./unreadable-form.ts";
import { UnreadableLogError } from "./unreadable-log-error.ts";

export interface LogOptions {
  /** Null tells each file by its head, and JSON line by line. */
  readonly format: LogFormat | null;
  /** For CSV, JSON and Parquet of no known format; null takes columns for the facts whose names they bear. */
  readonly map: ColumnMap | null;
  readonly facts: FactTable;
  /** The target that served a request, by the log's names for model and provider; left out, they stay the log's own. */
  readonly targetOf?: RowContext["targetOf"];
  /** How many bytes of lines a sink that takes them is given at once. */
  readonly chunkBytes?: number | undefined;
}

/** What reading a log calls, in the order of its lines. */
export interface LogSink {
  /** A promise holds back the next line. */
  request(request: LoggedRequest): void | Promise<void>;
  skip(line: number, reason: string, file: LogFileName | null): void;
  /** Takes the lines of files that hold JSON a line, unread, in place of the two; a promise holds back the next. */
  readonly lineChunk?: (chunk: LineChunk) => void | Promise<void>;
}

/** Lines of so many bytes are held, read but not handed on, at a time: more of them live through the collector's rounds. */
const bytesAtOnce = 65_536;

interface Line {
  readonly number: number;
  readonly read: ReadLine;
}

/** A log as bytes come in: gives each line to `give`; keeps nothing but a line that is not whole yet. */
interface LogReader {
  push(chunk: Uint8Array): void;
  end(): void | Promise<void>;
}

/**
 * Reads a log chunk by chunk, its files one after the other, unpacked on the way. Lines that cannot be read are skipped with a
 * reason; empty ones do not count. Throws an UnreadableLogError for a file that is damaged, in a form that is not read or no
 * UTF-8, and when the columns of a table are not those it needs.
 */
export async function readLog(log: Log, options: LogOptions, sink: LogSink): Promise<void> {
  if (!("files" in log)) {
    await new FileReading(null, options, sink).read(log, null);
    return;
  }
  for (const [index, file] of log.files.entries()) await readFile(file, index, options, sink);
}

/** Reads one file of a log, which is the `index`th of it. */
export async function readFile(
  file: LogFile,
  index: number,
  options: LogOptions,
  sink: LogSink,
): Promise<void> {
  try {
    await new FileReading({ name: file.name, index }, options, sink).read(file.chunks(), file.open);
  } catch (error) {
    if (!(error instanceof UnreadableLogError)) throw error;
    throw new UnreadableLogError(error.message, { file: file.name, cause: error });
  }
}

/** Reads lines of JSON that were cut from a log before, in their order. */
export async function readLines(
  { bytes, before, file }: LineChunk,
  options: LogOptions,
  sink: Omit<LogSink, "lineChunk">,
): Promise<void> {
  await new FileReading(file, options, sink).readLines(bytes, before);
}

/** One file on its way into a sink. */
class FileReading {
  readonly #file: LogFileName | null;
  readonly #options: LogOptions;
  readonly #context: RowContext;
  readonly #sink: LogSink;
  #lines: Line[] = [];
  /** Lines that are for `sink.lineChunk`. */
  #chunks: LineChunk[] = [];

  constructor(file: LogFileName | null, options: LogOptions, sink: LogSink) {
    this.#file = file;
    this.#options = options;
    this.#sink = sink;
    this.#context = { facts: options.facts, targetOf: options.targetOf ?? (() => null) };
  }

  async read(
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    open: LogFile["open"],
  ): Promise<void> {
    let head: Uint8Array[] = [];
    let held = 0;
    let reader: LogReader | null = null;
    for await (const chunk of unpacked(chunks)) {
      if (reader !== null) {
        for (let at = 0; at < chunk.length; at += bytesAtOnce) {
          reader.push(chunk.subarray(at, at + bytesAtOnce));
          await this.#hand();
        }
        continue;
      }
      // However the bytes are cut, the same head decides.
      head.push(chunk);
      held += chunk.length;
      if (held < headBytes) continue;
      const shape = this.#shapeOf(head, false);
      if (shape === "parquet") return this.#readParquet(open);
      reader = this.#openReader(shape);
      for (const each of head) reader.push(each);
      head = [];
      await this.#hand();
    }
    if (reader === null) {
      const shape = this.#shapeOf(head, true);
      if (shape === "parquet") return this.#readParquet(open);
      reader = this.#openReader(shape);
      for (const each of head) reader.push(each);
      await this.#hand();
    }
    await reader.end();
    await this.#hand();
  }

  async readLines(bytes: Uint8Array, before: number): Promise<void> {
    const splitter = this.#lineSplitter(LineSplitter, before);
    for (let at = 0; at < bytes.length; at += bytesAtOnce) {
      splitter.push(bytes.subarray(at, at + bytesAtOnce));
      await this.#hand();
    }
    await splitter.end();
    await this.#hand();
  }

  #shapeOf(chunks: readonly Uint8Array[], isWhole: boolean): LogShape {
    const all = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
    const head = all.subarray(0, headBytes);
    const why = unreadableForm(head);
    if (why !== null) throw new UnreadableLogError(why);
    return shapeOf(head, isWhole && all.length <= headBytes, this.#options.format);
  }

  async #hand(): Promise<void> {
    if (this.#chunks.length > 0) {
      const chunks = this.#chunks;
      this.#chunks = [];
      for (const chunk of chunks) await this.#sink.lineChunk?.(chunk);
    }
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    for (const { number, read } of lines) {
      const waits = this.#give(number, read);
      // Most requests are decided at once; awaiting nothing would cost more than deciding them.
      if (waits !== undefined) await waits;
    }
  }

  #give(line: number, read: ReadLine): void | Promise<void> {
    if (!read.ok) return this.#sink.skip(line, read.reason, this.#file);
    const { request } = read;
    if (!holdsUncounted(request)) return this.#sink.request(request);
    if (encoderVocabulary() !== null) return this.#sink.request(withCountedTexts(request));
    return loadEncoder().then(() => this.#sink.request(withCountedTexts(request)));
  }

  #openReader(shape: Exclude<LogShape, "parquet">): LogReader {
    const { format, map } = this.#options;
    const context = this.#context;
    const file = this.#file;
    if (shape === "csv") {
      const read = (row: ReadLine, number: number): void => this.#take(row, number);
      return new CsvReader({ read }, { format, map, file, context });
    }
    if (shape === "values") return this.#lineSplitter(ValueSplitter);
    return this.#sink.lineChunk === undefined
      ? this.#lineSplitter(LineSplitter)
      : new LineCutter(file, {
          give: (chunk) => void this.#chunks.push(chunk),
          chunkBytes: this.#options.chunkBytes,
        });
  }

  #take(read: ReadLine, number: number): void {
    this.#lines.push({ number, read });
  }

  #lineSplitter(
    Splitter: new (sink: LineSink, before?: number) => LogReader,
    before = 0,
  ): LogReader {
    const { format, map } = this.#options;
    const reading = { format, map, context: this.#context };
    // One place and one function for all lines: there are millions.
    const place = { line: 0, file: this.#file };
    const give = (read: ReadLine, at: number): void => this.#take(read, at);
    const sink: LineSink = {
      line: (text, line) => {
        if (text === "" || text.trim() === "") return;
        place.line = line;
        readJsonLine(text, place, reading, give);
      },
      tooLong: (line) => this.#take({ ok: false, reason: "longer than 64 MiB" }, line),
    };
    return new Splitter(sink, before);
  }

  async #readParquet(open: LogFile["open"]): Promise<void> {
    if (open === null)
      throw new UnreadableLogError(
        "Parquet is read from its end: name it as a file, not packed and not over stdin",
      );
    const { format, map } = this.#options;
    const bytes = await open();
    try {
      const reading = { format, map, file: this.#file, context: this.#context };
      for await (const { read, line } of readParquet(bytes, reading)) {
        const waits = this.#give(line, read);
        if (waits !== undefined) await waits;
      }
    } finally {
      await bytes.close();
    }
  }
}
