import { nearestBySigns, type SignBlocks, signsOf, wordsOf } from "./signs.ts";

/** A vector that was found, by its number; `similarity` is a cosine. */
export interface Near {
  readonly id: number;
  readonly similarity: number;
}

/** When a vector came and until when it counts, in epoch milliseconds. */
export interface Span {
  readonly storedAtMs: number;
  readonly expiresAtMs: number;
}

/** Which vectors are looked for: those that have not ended, and came no earlier than that. */
export interface Wanted {
  readonly atMs: number;
  readonly sinceMs: number;
  /** Takes numbers of some that have ended. */
  readonly ended?: number[];
}

const forever: Span = { storedAtMs: 0, expiresAtMs: Number.POSITIVE_INFINITY };
const any: Wanted = { atMs: Number.NEGATIVE_INFINITY, sinceMs: Number.NEGATIVE_INFINITY };
/** So many are told at once of those that have ended. */
const endedAtOnce = 16;

/** So many vectors are compared coordinate by coordinate: about half a millisecond for 256 numbers each. */
export const scannedAtMost = 2_048;
/** Of a larger partition those whose signs are most alike are compared: what lies near enough to matter is among them. */
const comparedAtMost = 1_024;
/**
 * Vectors lie in blocks of so many, of which the last one grows twofold; most partitions hold one vector, since histories differ. One
 * piece of memory for all would be copied as it grows: a hundred megabytes at once, and while they are mapped every thread waits.
 */
const perBlock = 1_024;

interface Block {
  /** Vectors that it has room for. */
  readonly room: number;
  readonly vectors: Float32Array;
  readonly signs: Int32Array;
}

/**
 * The vectors of one partition, in memory, in no order. A large one is searched in two steps, as vector databases do with binary
 * quantization: by the signs of coordinates first (100,000 take a millisecond), then exactly among the best of those.
 */
export class Partition {
  readonly dimension: number;
  readonly #words: number;
  /** By place. */
  readonly #ids: number[] = [];
  readonly #stored: number[] = [];
  readonly #expires: number[] = [];
  readonly #places = new Map<number, number>();
  readonly #blocks: Block[] = [];

  constructor(dimension: number) {
    this.dimension = dimension;
    this.#words = wordsOf(dimension);
  }

  get size(): number {
    return this.#ids.length;
  }

  /** So many vectors fit in before more memory is taken. */
  get room(): number {
    return (this.#blocks.length - 1) * perBlock + (this.#blocks.at(-1)?.room ?? perBlock);
  }

  add(id: number, vector: Float32Array, { storedAtMs, expiresAtMs } = forever): void {
    const at = this.size;
    const rows = at % perBlock;
    if (rows === 0) this.#blocks.push(this.#block(1));
    else if (rows === this.#blocks.at(-1)?.room) this.#resize(Math.min(perBlock, 2 * rows), rows);
    const { vectors, signs } = this.#blockOf(at);
    vectors.set(vector, rows * this.dimension);
    signs.set(signsOf(vector), rows * this.#words);
    this.#ids.push(id);
    this.#stored.push(storedAtMs);
    this.#expires.push(expiresAtMs);
    this.#places.set(id, at);
  }

  /** Takes a vector out; the last one takes its place. */
  remove(id: number): void {
    const at = this.#places.get(id);
    if (at === undefined) return;
    const from = this.size - 1;
    const last = this.#ids[from] as number;
    const [into, out] = [this.#blockOf(at), this.#blockOf(from)];
    const [to, rows] = [at % perBlock, from % perBlock];
    const [d, w] = [this.dimension, this.#words];
    into.vectors.set(out.vectors.subarray(rows * d, (rows + 1) * d), to * d);
    into.signs.set(out.signs.subarray(rows * w, (rows + 1) * w), to * w);
    for (const column of [this.#ids, this.#stored, this.#expires]) {
      column[at] = column[from] as number;
      column.pop();
    }
    this.#places.set(last, at);
    this.#places.delete(id);
    if (rows === 0) this.#blocks.pop();
    else if (4 * rows < out.room) this.#resize(2 * rows, rows);
  }

  /** The nearest of those that are wanted, nearest first. */
  search(vector: Float32Array, most: number, { atMs, sinceMs, ended = [] }: Wanted = any): Near[] {
    if (vector.length !== this.dimension) return [];
    const found: Near[] = [];
    const [stored, expires] = [this.#stored, this.#expires];
    const isWanted = (at: number): boolean => {
      if ((expires[at] as number) > atMs) return (stored[at] as number) >= sinceMs;
      if (ended.length < endedAtOnce) ended.push(this.#ids[at] as number);
      return false;
    };
    const compare = (at: number): void => {
      const similarity = this.#similarity(vector, at);
      const last = found[most - 1];
      if (last === undefined || similarity > last.similarity)
        insert(found, { id: this.#ids[at] as number, similarity }, most);
    };
    if (this.size <= scannedAtMost || this.#words === 0)
      for (let at = 0; at < this.size; at += 1) {
        if (isWanted(at)) compare(at);
      }
    else {
      const among = { ...this.#signs, isWanted };
      for (const at of nearestBySigns(among, signsOf(vector), comparedAtMost)) compare(at);
    }
    return found;
  }

  get #signs(): Omit<SignBlocks, "isWanted"> {
    const blocks = this.#blocks.map(({ signs }) => signs);
    return { blocks, each: perBlock, count: this.size };
  }

  #block(room: number): Block {
    return {
      room,
      vectors: new Float32Array(this.dimension * room),
      signs: new Int32Array(this.#words * room),
    };
  }

  #blockOf(at: number): Block {
    return this.#blocks[Math.floor(at / perBlock)] as Block;
  }

  /** Gives the last block, of so many rows, room for others. */
  #resize(room: number, rows: number): void {
    const before = this.#blocks.pop() as Block;
    const block = this.#block(room);
    block.vectors.set(before.vectors.subarray(0, this.dimension * rows));
    block.signs.set(before.signs.subarray(0, this.#words * rows));
    this.#blocks.push(block);
  }

  #similarity(vector: Float32Array, at: number): number {
    const start = (at % perBlock) * this.dimension;
    const { vectors } = this.#blockOf(at);
    // Four sums, so that no addition waits for the one before.
    let [a, b, c, d] = [0, 0, 0, 0];
    let i = 0;
    for (; i + 3 < this.dimension; i += 4) {
      a += (vector[i] as number) * (vectors[start + i] as number);
      b += (vector[i + 1] as number) * (vectors[start + i + 1] as number);
      c += (vector[i + 2] as number) * (vectors[start + i + 2] as number);
      d += (vector[i + 3] as number) * (vectors[start + i + 3] as number);
    }
    for (; i < this.dimension; i += 1) a += (vector[i] as number) * (vectors[start + i] as number);
    return a + b + c + d;
  }
}

function insert(found: Near[], near: Near, most: number): void {
  let at = found.length;
  while (at > 0 && (found[at - 1] as Near).similarity < near.similarity) at -= 1;
  found.splice(at, 0, near);
  if (found.length > most) found.pop();
}
