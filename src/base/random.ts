import { hashToUnit } from "./hash.ts";

/** A seeded stream of numbers: the same seed gives the same stream on every machine. */
export interface Random {
  /** In [0, 1), with 32 bits. */
  next(): number;
  /** Whole, in [0, below); `below` is at least 1. */
  integer(below: number): number;
  /** One of the items; undefined of an empty list. */
  pick<T>(items: readonly T[]): T | undefined;
}

/** Four words of state from any seed, so that seeds 1 and 2 give streams without likeness. */
function stateOf(seed: number | string): [number, number, number, number] {
  const word = (part: string): number => (hashToUnit(`${part}:${seed}`) * 4_294_967_296) | 0;
  return [word("a"), word("b"), word("c"), 1];
}

/** Whole numbers below 2³², each new and far from the last (Weyl's sequence), from a first on. */
export function spreadSeeds(first: number): () => number {
  let seed = first;
  return () => {
    seed = (seed + 0x9e3779b9) >>> 0;
    return seed;
  };
}

/** A seeded generator (sfc32): quick, well spread, not for secrets. A number and its decimal text are one seed. */
export function createRandom(seed: number | string): Random {
  let [a, b, c, counter] = stateOf(seed);
  const word = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i += 1) word();
  const next = (): number => word() / 4_294_967_296;
  const integer = (below: number): number => Math.floor(next() * below);
  return { next, integer, pick: (items) => items[integer(Math.max(items.length, 1))] };
}

/** A Random that starts anew from three numbers as often as one likes, without an allocation: one stream for each of millions of draws. */
export class SeededRandom implements Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  /** Starts the stream that belongs to three numbers; returns itself. Fractions count. */
  from(one: number, two: number, three: number): this {
    this.#a = mixed(one, 0x9e3779b9);
    this.#b = mixed(two, this.#a);
    this.#c = mixed(three, this.#b);
    this.#counter = 1;
    for (let i = 0; i < 12; i += 1) this.#word();
    return this;
  }

  next(): number {
    return this.#word() / 4_294_967_296;
  }

  integer(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.integer(Math.max(items.length, 1))];
  }

  #word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }
}

/** A word of state from a number and the word before: its low half, then its high half and its fraction (MurmurHash3's last steps). */
function mixed(value: number, before: number): number {
  const high = Math.floor(value / 4_294_967_296);
  const fraction = (value - Math.floor(value)) * 4_294_967_296;
  return scrambled(scrambled(scrambled(before ^ (value | 0)) + high) ^ (fraction | 0));
}

function scrambled(word: number): number {
  let h = (word + 0x6d2b79f5) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
