/** A log's file as requests name it. */
export interface LogFileName {
  readonly name: string;
  /** Its place among the files of the log, from 0. */
  readonly index: number;
}

/** Bytes anywhere in a file, for formats that begin at their end. */
export interface RandomAccess {
  /** Bytes of the whole file. */
  readonly size: number;
  /** The bytes from `start` up to `end`. */
  slice(start: number, end: number): Promise<ArrayBuffer>;
}

/** One file of a log, wherever its bytes come from. */
export interface LogFile {
  readonly name: string;
  /** The bytes as they lie there, packed or not, from the first. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Opens it for reading anywhere; null for what only flows, such as stdin. The caller closes it. */
  open: (() => Promise<RandomAccess & { close(): Promise<void> }>) | null;
}

/** Several files that are one log, in their order. */
export interface LogFiles {
  readonly files: readonly LogFile[];
  /** Bytes read so far, as they lie in the files. */
  bytesRead(): number;
}

/** A log: its bytes, or its files. */
export type Log = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | LogFiles;

/** Where a request stands: the line, from 1, and its file; null for a log of bytes alone. In Parquet the row stands for the line. */
export interface LinePlace {
  readonly line: number;
  readonly file: LogFileName | null;
}

/** `app.jsonl:12`, or `line 12` where no file is known. */
export function placeText({ line, file }: LinePlace): string {
  return file === null ? `line ${line}` : `${file.name}:${line}`;
}

/** What a request is called that bears no id: the same wherever the log lies. */
export function idOfPlace({ line, file }: LinePlace): string {
  return file === null || file.index === 0
    ? `line ${line}`
    : `line ${line} of file ${file.index + 1}`;
}
