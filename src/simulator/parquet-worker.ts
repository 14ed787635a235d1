import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import {
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { snappyUncompress } from "hyparquet/src/snappy.js";

/** What the thread is started with. */
export interface ParquetWorkerData {
  /** Bytes of the file. */
  readonly size: number;
}

/** What the thread says: bytes it wants, the names of the columns, rows (none at the end), or why it gave up. */
export type ParquetWord =
  | { readonly kind: "slice"; readonly start: number; readonly end: number }
  | { readonly kind: "columns"; readonly names: readonly string[] }
  | { readonly kind: "rows"; readonly rows: readonly Readonly<Record<string, unknown>>[] }
  | { readonly kind: "failed"; readonly why: string };

/** What the thread is told: bytes it asked for, or that more rows are wanted. */
export type ParquetOrder =
  | { readonly kind: "bytes"; readonly bytes: ArrayBuffer }
  | { readonly kind: "next" };

/** A page of a column, unpacked, may be that large; what is larger is a trap. */
const largestPage = 256 * 1_048_576;
/** Rows of one group: they are in memory together. Writers make a hundred thousand, a million at most. */
const mostRows = 16_777_216;
/** Values of a column that is a list, in one page. */
const mostValues = 67_108_864;
/** Rows that are handed over at once. */
const rowsAtOnce = 1_000;

type Decompress = (input: Uint8Array, size: number) => Uint8Array;

const bounded =
  (decompress: Decompress): Decompress =>
  (input, size) => {
    if (!(size >= 0 && size <= largestPage)) throw new Error(`a page of ${size} bytes`);
    return decompress(input, size);
  };
const held = (size: number): { maxOutputLength: number } => ({
  maxOutputLength: Math.max(size, 1),
});

/** What unpacks pages: each says how large it will be, and is held to that. */
const compressors: Readonly<Record<"SNAPPY" | "GZIP" | "ZSTD" | "BROTLI", Decompress>> = {
  SNAPPY: bounded((input, size) => {
    const output = new Uint8Array(size);
    snappyUncompress(input, output);
    return output;
  }),
  GZIP: bounded((input, size) => gunzipSync(input, held(size))),
  ZSTD: bounded((input, size) => zstdDecompressSync(input, held(size))),
  BROTLI: bounded((input, size) => brotliDecompressSync(input, held(size))),
};

type RowGroup = FileMetaData["row_groups"][number];

/** Throws at a page whose head says that it holds more values than there can be. */
function checkPages(chunk: ArrayBuffer, most: number): void {
  const reader = { view: new DataView(chunk), offset: 0 };
  while (reader.offset < chunk.byteLength) {
    const head = parquetHeader(reader);
    const {
      compressed_page_size: size,
      uncompressed_page_size: whole,
      dictionary_page_header: words,
    } = head;
    const values = head.data_page_header?.num_values ?? head.data_page_header_v2?.num_values ?? 0;
    if (!(values >= 0 && values <= most)) throw new Error(`a page of ${values} values`);
    if (!(size >= 0 && reader.offset + size <= chunk.byteLength))
      throw new Error(`a page of ${size} bytes`);
    if (!(whole >= 0 && whole <= largestPage)) throw new Error(`a page of ${whole} bytes`);
    // A word of a dictionary takes a byte at least.
    if (words !== undefined && !(words.num_values >= 0 && words.num_values <= whole))
      throw new Error(`a dictionary of ${words.num_values} words`);
    reader.offset += size;
  }
}

/** Decodes a Parquet file for the thread that owns it, a batch of rows each time it is asked. */
class ParquetThread {
  readonly #port: MessagePort;
  readonly #size: number;
  #slices: ((bytes: ArrayBuffer) => void)[] = [];
  /** Tells that more is wanted; null where nothing waits for that. */
  #wanted: (() => void) | null = null;
  /** Whether more is wanted already. */
  #isAsked = false;

  constructor(port: MessagePort, { size }: ParquetWorkerData) {
    this.#port = port;
    this.#size = size;
    port.on("message", (order: ParquetOrder) => {
      if (order.kind === "bytes") this.#slices.shift()?.(order.bytes);
      else if (this.#wanted === null) this.#isAsked = true;
      else this.#wanted();
    });
  }

  async run(): Promise<void> {
    try {
      await this.#decode();
      await this.#hand({ kind: "rows", rows: [] });
    } catch (error) {
      await this.#hand({
        kind: "failed",
        why: error instanceof Error ? error.message : String(error),
      });
    }
    this.#port.close();
  }

  async #decode(): Promise<void> {
    const slice = (start: number, end?: number): Promise<ArrayBuffer> =>
      this.#slice(start, end ?? this.#size);
    const file = { byteLength: this.#size, slice };
    const metadata = await parquetMetadataAsync(file);
    const names = parquetSchema(metadata).children.map(({ element }) => element.name);
    await this.#hand({ kind: "columns", names });
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      await this.#checkPages(group, slice);
      const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
      for (let at = 0; at < rows.length; at += rowsAtOnce) {
        await this.#hand({ kind: "rows", rows: rows.slice(at, at + rowsAtOnce) });
      }
      rowStart = rowEnd;
    }
  }

  /** The decoder believes what heads of pages say of their values: they are held to the group's rows first. */
  async #checkPages(
    group: RowGroup,
    slice: (start: number, end: number) => Promise<ArrayBuffer>,
  ): Promise<void> {
    const rows = Number(group.num_rows);
    if (!(rows >= 0 && rows <= mostRows)) throw new Error(`a group of ${rows} rows`);
    for (const { meta_data: column } of group.columns) {
      if (column === undefined) throw new Error("a column without its place");
      // Some writers put a zero where there is no dictionary.
      const data = Number(column.data_page_offset);
      const first = Math.min(Number(column.dictionary_page_offset ?? 0) || data, data);
      const size = Number(column.total_compressed_size);
      if (!(first >= 0 && size >= 0 && first + size <= this.#size))
        throw new Error("a column outside of the file");
      checkPages(
        await slice(first, first + size),
        column.path_in_schema.length > 1 ? mostValues : rows,
      );
    }
  }

  #slice(start: number, end: number): Promise<ArrayBuffer> {
    const { promise, resolve } = Promise.withResolvers<ArrayBuffer>();
    this.#slices.push(resolve);
    this.#say({ kind: "slice", start, end });
    return promise;
  }

  /** Says a thing when it is asked for. */
  async #hand(word: ParquetWord): Promise<void> {
    if (!this.#isAsked) {
      await new Promise<void>((resolve) => {
        this.#wanted = resolve;
      });
    }
    this.#isAsked = false;
    this.#wanted = null;
    this.#say(word);
  }

  #say(word: ParquetWord): void {
    this.#port.postMessage(word);
  }
}

if (parentPort !== null) await new ParquetThread(parentPort, workerData as ParquetWorkerData).run();
