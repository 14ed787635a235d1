import type { BatchError } from "../store/batch-records.ts";
import type { NewLine } from "../store/batch-store.ts";

/** Bounds on an input file. */
export interface InputLimits {
  readonly lines: number;
  readonly lineBytes: number;
}

/** Mistakes of one file that are told; more say nothing new. */
const mostErrors = 20;
const mostCustomId = 512;
const lineFeed = 0x0a;

/** Reads the lines of an input file from its bytes as they come, cut anywhere. */
export interface InputReader {
  /** Lines that are whole now. */
  push(bytes: Uint8Array): readonly NewLine[];
  /** The last line, where no line feed follows it; and what an empty file has wrong. */
  end(): readonly NewLine[];
  /** What is wrong with the file so far; nothing of it is worth answering then. */
  readonly errors: readonly BatchError[];
  /** True once there are so many mistakes that reading on is no use. */
  readonly isHopeless: boolean;
}

/** Starts reading lines for one endpoint. */
export function createInputReader(endpoint: string, limits: InputLimits): InputReader {
  return new LineReader(endpoint, limits);
}

class LineReader implements InputReader {
  readonly errors: BatchError[] = [];
  readonly #endpoint: string;
  readonly #limits: InputLimits;
  readonly #ids = new Set<string>();
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Offset of the first byte that is held. */
  #start = 0;
  #line = 0;
  #count = 0;
  #isOver = false;

  constructor(endpoint: string, limits: InputLimits) {
    this.#endpoint = endpoint;
    this.#limits = limits;
  }

  get isHopeless(): boolean {
    return this.#isOver || this.errors.length >= mostErrors;
  }

  push(bytes: Uint8Array): readonly NewLine[] {
    const out: NewLine[] = [];
    let from = 0;
    for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, from)) {
      this.#take(bytes.subarray(from, at), out);
      from = at + 1;
      // The line feed itself.
      this.#start += 1;
      if (this.isHopeless) return out;
    }
    this.#hold(bytes.subarray(from));
    if (this.#heldBytes > this.#limits.lineBytes) {
      this.#isOver = true;
      this.#tooLong(this.#line + 1);
    }
    return out;
  }

  end(): readonly NewLine[] {
    const out: NewLine[] = [];
    if (this.isHopeless) return out;
    this.#take(new Uint8Array(), out);
    if (this.#count === 0 && this.errors.length === 0)
      this.#wrong("empty_file", null, "the input file holds no request");
    return out;
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    // A copy: what the bytes came in may be used again.
    this.#held.push(bytes.slice());
    this.#heldBytes += bytes.length;
  }

  #take(rest: Uint8Array, out: NewLine[]): void {
    const bytes = this.#heldBytes === 0 ? rest : Buffer.concat([...this.#held, rest]);
    this.#held = [];
    this.#heldBytes = 0;
    const offset = this.#start;
    this.#start += bytes.length;
    this.#line += 1;
    if (bytes.length > this.#limits.lineBytes) {
      this.#tooLong(this.#line);
      return;
    }
    const text = this.#textOf(bytes);
    if (text === null || text.trim() === "") return;
    const customId = this.#check(text);
    if (customId === null) return;
    if (this.#count >= this.#limits.lines) {
      this.#isOver = true;
      const message = `a batch takes at most ${this.#limits.lines} requests`;
      this.#wrong("too_many_requests", this.#line, message);
      return;
    }
    out.push({ n: this.#count, customId, offset, length: bytes.length });
    this.#count += 1;
  }

  #textOf(bytes: Uint8Array): string | null {
    try {
      // The mark that some editors put before a file is no part of its first line.
      return this.#decoder.decode(bytes);
    } catch {
      this.#wrong("invalid_json_line", this.#line, "this line is not valid UTF-8");
      return null;
    }
  }

  /** The custom id of a line that is as it should be; null after what is wrong was noted. */
  #check(text: string): string | null {
    const line = this.#line;
    const asked = parsed(text);
    if (asked === null) {
      this.#wrong("invalid_json_line", line, "this line is not a JSON object");
      return null;
    }
    const { custom_id: id, method, url, body } = asked;
    if (typeof id !== "string" || id === "" || id.length > mostCustomId) {
      const message = `every line needs a \`custom_id\` of 1 to ${mostCustomId} characters`;
      this.#wrong("missing_required_parameter", line, message, "custom_id");
    } else if (this.#ids.has(id)) {
      const message = `the custom id ${JSON.stringify(id)} stands on an earlier line already`;
      this.#wrong("duplicate_custom_id", line, message, "custom_id");
    } else if (method !== "POST") {
      this.#wrong("invalid_method", line, "the method of a line is `POST`", "method");
    } else if (url !== this.#endpoint) {
      const message = `the url of each line has to be the batch's endpoint, ${this.#endpoint}`;
      this.#wrong("mismatched_url", line, message, "url");
    } else if (typeof body !== "object" || body === null || Array.isArray(body)) {
      this.#wrong("missing_required_parameter", line, "the body of a line is an object", "body");
    } else {
      this.#ids.add(id);
      return id;
    }
    return null;
  }

  #tooLong(line: number): void {
    const message = `a line takes at most ${this.#limits.lineBytes} bytes`;
    this.#wrong("line_too_long", line, message);
  }

  #wrong(code: string, line: number | null, message: string, param: string | null = null): void {
    if (this.errors.length < mostErrors) this.errors.push({ code, line, message, param });
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

/** The body of a line that was checked before, as bytes of its own. */
export function bodyOfLine(line: Uint8Array): Uint8Array {
  const { body } = JSON.parse(new TextDecoder().decode(line)) as { readonly body: unknown };
  return new TextEncoder().encode(JSON.stringify(body));
}
