import { createRandom, type Random } from "../../base/random.ts";

/** Rows of numbers of which an even sample is kept: any of those added is in it with the same chance. The same rows give the same sample. */
export class Reservoir {
  readonly #width: number;
  readonly #most: number;
  readonly #random: Random;
  #rows = new Float64Array(0);
  #added = 0;

  constructor(width: number, most: number, seed: string) {
    this.#width = width;
    this.#most = most;
    this.#random = createRandom(seed);
  }

  /** How many rows were added. */
  get added(): number {
    return this.#added;
  }

  /** How many of them are kept. */
  get size(): number {
    return Math.min(this.#added, this.#most);
  }

  /** Adds a row of as many numbers as the reservoir is wide. */
  add(...row: readonly number[]): void {
    const at = this.#added < this.#most ? this.#added : this.#random.integer(this.#added + 1);
    this.#added += 1;
    if (at >= this.#most) return;
    const from = at * this.#width;
    if (from >= this.#rows.length) this.#grow();
    this.#rows.set(row, from);
  }

  /** The rows that are kept. */
  rows(): readonly Float64Array[] {
    return Array.from({ length: this.size }, (_, at) =>
      this.#rows.subarray(at * this.#width, (at + 1) * this.#width),
    );
  }

  #grow(): void {
    const rows = Math.min(Math.max((2 * this.#rows.length) / this.#width, 16), this.#most);
    const grown = new Float64Array(rows * this.#width);
    grown.set(this.#rows);
    this.#rows = grown;
  }
}
