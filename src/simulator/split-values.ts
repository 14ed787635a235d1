import { type LineSink, longestLine } from "./split-lines.ts";

const [quote, backslash, comma, colon, lineFeed] = [0x22, 0x5c, 0x2c, 0x3a, 0x0a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Cuts chunks of UTF-8 into JSON values, over as many lines as each takes: those of lists at the top, one by one, and whatever
 * else stands at the top. Tells each with the line it begins on. Holds one value at most.
 */
export class ValueSplitter {
  readonly #sink: LineSink;
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isTooLong = false;
  #line = 1;
  /** Line on which the value that is being read began; 0 between values. */
  #beganOn = 0;
  /** Open lists and objects within the value. */
  #depth = 0;
  /** Whether a list at the top is open, whose values are given one by one. */
  #inList = false;
  #inText = false;
  #isEscaped = false;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    let from = this.#beganOn === 0 ? -1 : 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (byte === lineFeed) this.#line += 1;
      if (this.#beganOn === 0) {
        if (this.#isBetween(byte)) continue;
        this.#beganOn = this.#line;
        from = at;
      } else if (this.#depth === 0 && !this.#inText && endsPlain(byte)) {
        // A number or a word ends before what follows it.
        this.#emit(chunk.subarray(from, at));
        from = -1;
        if (byte === closeBracket) this.#inList = false;
        continue;
      }
      if (this.#take(byte)) {
        this.#emit(chunk.subarray(from, at + 1));
        from = -1;
      }
    }
    if (from >= 0) this.#hold(chunk.subarray(from));
  }

  /** Gives what is left, when the log breaks off in it. */
  end(): void {
    if (this.#beganOn !== 0) this.#emit(new Uint8Array(0));
  }

  /** Whether a byte between values belongs to none. */
  #isBetween(byte: number): boolean {
    if (isSpace(byte) || byte === comma || isMark(byte)) return true;
    if (byte === openBracket && !this.#inList) {
      this.#inList = true;
      return true;
    }
    if (byte !== closeBracket) return false;
    this.#inList = false;
    return true;
  }

  /** Goes on by one byte of a value; whether it is its last. */
  #take(byte: number): boolean {
    if (this.#inText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) {
        this.#inText = false;
        return this.#depth === 0;
      }
      return false;
    }
    if (byte === quote) this.#inText = true;
    else if (byte === openBrace || byte === openBracket) this.#depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      this.#depth = Math.max(this.#depth - 1, 0);
      return this.#depth === 0;
    }
    return false;
  }

  #hold(bytes: Uint8Array): void {
    if (this.#isTooLong) return;
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > longestLine) {
      this.#isTooLong = true;
      this.#held.length = 0;
      return;
    }
    this.#held.push(bytes.slice());
  }

  #emit(rest: Uint8Array): void {
    this.#hold(rest);
    if (this.#isTooLong) this.#sink.tooLong(this.#beganOn);
    else this.#sink.line(Buffer.concat(this.#held).toString("utf8"), this.#beganOn);
    this.#held.length = 0;
    this.#heldBytes = 0;
    this.#isTooLong = false;
    this.#beganOn = 0;
    this.#depth = 0;
    this.#inText = false;
    this.#isEscaped = false;
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === lineFeed || byte === 0x0d || byte === 0x09;
}

/** A byte of a byte order mark. */
function isMark(byte: number): boolean {
  return byte === 0xef || byte === 0xbb || byte === 0xbf;
}

function endsPlain(byte: number): boolean {
  return isSpace(byte) || byte === comma || byte === closeBracket || byte === colon;
}
