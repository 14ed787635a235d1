/** Longest line that is kept, in bytes; a longer one is reported and passed over. */
export const longestLine = 64 * 1024 * 1024;

/** What a splitter tells of each line; line numbers count from 1. */
export interface LineSink {
  line(text: string, number: number): void;
  tooLong(number: number): void;
}

/**
 * Cuts chunks of UTF-8 into lines, of which it holds one at most: memory does not grow with the log. A carriage return
 * before the line feed and a byte order mark at the start are dropped.
 */
export class LineSplitter {
  readonly #sink: LineSink;
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isTooLong = false;
  #lines = 0;

  /** `before`: lines of the file that came before. */
  constructor(sink: LineSink, before = 0) {
    this.#sink = sink;
    this.#lines = before;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const isWhole = this.#heldBytes === 0 && !this.#isTooLong;
      if (isWhole && end - start <= longestLine) this.#emit(bytes, start, end);
      else {
        this.#hold(bytes.subarray(start, end));
        this.#emitHeld();
      }
      start = end + 1;
    }
    if (start < bytes.length) this.#hold(bytes.subarray(start));
  }

  /** Gives the last line, when no line feed ends it. */
  end(): void {
    if (this.#heldBytes > 0 || this.#isTooLong) this.#emitHeld();
  }

  #hold(bytes: Uint8Array): void {
    if (this.#isTooLong) return;
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > longestLine) {
      this.#isTooLong = true;
      this.#held.length = 0;
      return;
    }
    // A copy, so that a line's rest does not keep the whole chunk alive.
    this.#held.push(bytes.slice());
  }

  #emitHeld(): void {
    if (this.#isTooLong) {
      this.#lines += 1;
      this.#sink.tooLong(this.#lines);
    } else {
      const line = Buffer.concat(this.#held);
      this.#emit(line, 0, line.length);
    }
    this.#held.length = 0;
    this.#heldBytes = 0;
    this.#isTooLong = false;
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    this.#lines += 1;
    const last = end > start && bytes[end - 1] === 13 ? end - 1 : end;
    const text = bytes.toString("utf8", start, last);
    this.#sink.line(this.#lines === 1 ? text.replace(/^\ufeff/, "") : text, this.#lines);
  }
}
