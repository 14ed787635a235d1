const lineFeed = 0x0a;

/** Cuts bytes into lines of text, wherever the bytes were cut before. */
export interface LineSplitter {
  /** The lines that are whole now; those longer than the bound are left out. */
  push(bytes: Uint8Array): readonly string[];
  /** What stands behind the last line feed. */
  end(): readonly string[];
  /** Lines that were left out. */
  readonly skipped: number;
}

/** A splitter of lines of at most so many bytes. */
export function createLineSplitter(mostBytes: number): LineSplitter {
  return new Splitter(mostBytes);
}

class Splitter implements LineSplitter {
  skipped = 0;
  readonly #mostBytes: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isSkipping = false;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  push(bytes: Uint8Array): readonly string[] {
    const out: string[] = [];
    let from = 0;
    for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, from)) {
      this.#take(bytes.subarray(from, at), out);
      from = at + 1;
    }
    this.#hold(bytes.subarray(from));
    return out;
  }

  end(): readonly string[] {
    const out: string[] = [];
    if (this.#heldBytes > 0) this.#take(new Uint8Array(), out);
    return out;
  }

  #hold(bytes: Uint8Array): void {
    if (this.#isSkipping || bytes.length === 0) return;
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.#mostBytes) {
      this.#isSkipping = true;
      this.#held = [];
    } else this.#held.push(bytes.slice());
  }

  #take(rest: Uint8Array, out: string[]): void {
    const isSkipped = this.#isSkipping || this.#heldBytes + rest.length > this.#mostBytes;
    const bytes = isSkipped ? null : Buffer.concat([...this.#held, rest]);
    this.#held = [];
    this.#heldBytes = 0;
    this.#isSkipping = false;
    if (bytes === null) {
      this.skipped += 1;
      return;
    }
    const text = bytes.toString("utf8");
    if (text.trim() !== "") out.push(text);
  }
}
