import { hashToUnit } from "../base/hash.ts";

/** Ids that are remembered: 16 MiB of them. */
const mostIds = 1_048_576;

/** Counts requests whose id came before, as those of a file that was given twice do. Its size is bounded; two ids of a million are taken for one by a chance of 1 in 16,000. */
export class RepeatedIds {
  readonly #most: number;
  /** Places of hashes, open addressing, at most half full; 0 is free. */
  #places = new Float64Array(2_048);
  #held = 0;
  #repeated = 0;
  #isFull = false;

  constructor(most = mostIds) {
    this.#most = most;
  }

  add(id: string): void {
    // 0 stands for a free place.
    const hash = hashToUnit(id) || Number.MIN_VALUE;
    const at = placeOf(this.#places, hash);
    if (this.#places[at] === hash) this.#repeated += 1;
    else if (this.#held === this.#most) this.#isFull = true;
    else this.#keep(at, hash);
  }

  /** Requests with an id of one before, `atLeast` where there were more ids than are remembered. */
  counted(): { readonly requests: number; readonly atLeast: boolean } {
    return { requests: this.#repeated, atLeast: this.#isFull };
  }

  #keep(at: number, hash: number): void {
    this.#places[at] = hash;
    this.#held += 1;
    if (this.#held * 2 < this.#places.length || this.#held === this.#most) return;
    const larger = new Float64Array(this.#places.length * 2);
    for (const each of this.#places) if (each !== 0) larger[placeOf(larger, each)] = each;
    this.#places = larger;
  }
}

/** Where a hash stands, or would. */
function placeOf(places: Float64Array, hash: number): number {
  let at = Math.floor(hash * places.length);
  while (places[at] !== 0 && places[at] !== hash) at = at + 1 === places.length ? 0 : at + 1;
  return at;
}
