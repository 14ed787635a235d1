import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { ColumnMap } from "./column-map.ts";
import { rowFormatNamed, rowFormatOf } from "./formats/row-formats.ts";
import type { LogFileName, RandomAccess } from "./log-file.ts";
import type { LogFormat } from "./log-format.ts";
import type { ReadLine } from "./logged-request.ts";
import { readMapped } from "./mapped-row.ts";
import type { Row } from "./row.ts";
import type { RowContext } from "./row-request.ts";
import { UnreadableLogError } from "./unreadable-log-error.ts";

/** A page of a column, unpacked, may be that large; what is larger is a trap. */
const largestPage = 256 * 1_048_576;
/** A group of rows is held in memory as a whole, so its size is bounded too. */
const largestGroup = 1024 * 1_048_576;

export interface ParquetReading {
  readonly format: LogFormat | null;
  readonly map: ColumnMap | null;
  readonly file: LogFileName | null;
  readonly context: RowContext;
}

/** Reads a Parquet file by groups of rows, each of which it holds; the number of a row, from 1, stands for its line. */
export async function* readParquet(
  bytes: RandomAccess,
  reading: ParquetReading,
): AsyncGenerator<{ readonly read: ReadLine; readonly line: number }> {
  // Most logs are none of these: what reads them is loaded for the first.
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const { snappyUncompress } = await import("hyparquet/src/snappy.js");
  const file = {
    byteLength: bytes.size,
    slice: (start: number, end?: number) => bytes.slice(start, end ?? bytes.size),
  };
  const metadata = await damaged(() => parquetMetadataAsync(file));
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const read = rowReader(names, reading);
  const snappy = (input: Uint8Array, size: number): Uint8Array => {
    const output = new Uint8Array(size);
    snappyUncompress(input, output);
    return output;
  };
  const compressors = boundedBy(largestPage, snappy);
  let line = 0;
  for (const group of metadata.row_groups) {
    if (group.total_byte_size > largestGroup) {
      throw new UnreadableLogError(
        `its rows ${line + 1} and on form one group of more than 1 GiB; write it with smaller groups (ROW_GROUP_SIZE)`,
      );
    }
    const range = { rowStart: line, rowEnd: line + Number(group.num_rows) };
    const rows = await damaged(
      () => parquetReadObjects({ file, metadata, ...range, compressors }),
      line,
    );
    for (const row of rows) {
      line += 1;
      yield { read: read(row, line), line };
    }
  }
}

function rowReader(
  names: readonly string[],
  { format, map, file, context }: ParquetReading,
): (row: Row, line: number) => ReadLine {
  const rows =
    format === null ? rowFormatOf((name) => names.includes(name)) : rowFormatNamed(format);
  if (map === null && rows !== null) return (row, line) => rows.read(row, { line, file }, context);
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

type Decompress = (input: Uint8Array, size: number) => Uint8Array;

/** What unpacks pages: each says how large it will be, and is held to that. */
function boundedBy(
  most: number,
  snappy: Decompress,
): Record<"SNAPPY" | "GZIP" | "ZSTD" | "BROTLI", Decompress> {
  const bounded =
    (decompress: Decompress): Decompress =>
    (input, size) => {
      if (size > most) throw new Error(`a page of ${size} bytes`);
      return decompress(input, size);
    };
  const options = (size: number): { maxOutputLength: number } => ({
    maxOutputLength: Math.max(size, 1),
  });
  return {
    SNAPPY: bounded(snappy),
    GZIP: bounded((input, size) => gunzipSync(input, options(size))),
    ZSTD: bounded((input, size) => zstdDecompressSync(input, options(size))),
    BROTLI: bounded((input, size) => brotliDecompressSync(input, options(size))),
  };
}

/** What the reader of Parquet throws at bytes that are none, as a log that cannot be read. */
async function damaged<Result>(read: () => Promise<Result>, rows = 0): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnreadableLogError(`not readable as Parquet after row ${rows}: ${why}`, {
      cause: error,
    });
  }
}
