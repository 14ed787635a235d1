import type { LogFileName } from "../log-file.ts";
import { longestLine } from "../split-lines.ts";

/** Whole lines of a file. */
export interface LineChunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Lines of the file that come before. */
  readonly before: number;
  readonly file: LogFileName | null;
}

const usualBytes = 1_048_576;

/**
 * Cuts the bytes of a file into chunks of whole lines. Holds one chunk and one line at most; of a line that is too long to be read,
 * no more than tells so.
 */
export class LineCutter {
  readonly #file: LogFileName | null;
  readonly #give: (chunk: LineChunk) => void;
  readonly #chunkBytes: number;
  #parts: Uint8Array[] = [];
  #size = 0;
  /** Bytes up to the last line feed. */
  #whole = 0;
  /** Line feeds that are held. */
  #held = 0;
  #before = 0;

  constructor(
    file: LogFileName | null,
    parts: {
      readonly give: (chunk: LineChunk) => void;
      /** A chunk is handed on as soon as it has so many bytes; 1 MiB when left out. */
      readonly chunkBytes?: number | undefined;
    },
  ) {
    this.#file = file;
    this.#give = parts.give;
    this.#chunkBytes = parts.chunkBytes ?? usualBytes;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let rest = 0;
    if (this.#size - this.#whole > longestLine) {
      // Passed over up to its end.
      rest = bytes.indexOf(10);
      if (rest < 0) return;
    }
    for (let at = bytes.indexOf(10, rest); at >= 0; at = bytes.indexOf(10, at + 1)) {
      this.#held += 1;
      this.#whole = this.#size + at + 1 - rest;
    }
    this.#parts.push(rest === 0 ? chunk : chunk.subarray(rest));
    this.#size += chunk.length - rest;
    if (this.#whole >= this.#chunkBytes) this.#cut(this.#whole);
  }

  /** Hands on what is left, when no line feed ends it either. */
  end(): void {
    if (this.#size > 0) this.#cut(this.#size);
  }

  #cut(end: number): void {
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    const rest = all.slice(end);
    this.#parts = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    this.#whole = 0;
    this.#give({ bytes: all.subarray(0, end), before: this.#before, file: this.#file });
    this.#before += this.#held;
    this.#held = 0;
  }
}
