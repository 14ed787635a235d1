/** Collects chunks up to a bound; keeps references, copies only when joined. */
export class BoundedBytes {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False, and the chunk is not kept, when it would pass the bound. */
  add(chunk: Uint8Array): boolean {
    if (this.#length + chunk.length > this.#limit) return false;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    return true;
  }

  /** The chunks so far, in order; none are left behind. */
  takeAll(): readonly Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#length = 0;
    return chunks;
  }

  /** All bytes as one array; the only chunk itself where there is one. */
  join(): Uint8Array {
    const [first] = this.#chunks;
    if (first && this.#chunks.length === 1) return first;
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }
}
