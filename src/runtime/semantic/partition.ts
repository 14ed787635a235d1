import { nearestBySigns, signsOf, wordsOf } from "./signs.ts";

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
/** Most partitions hold one vector: histories differ. */
const firstRoom = 1;
/** Room grows twofold up to here, and by a quarter beyond: it is held for nothing until vectors come. */
const largeRoom = 4_096;

/**
 * The vectors of one partition, in memory, in no order. A large one is searched in two steps, as vector databases do with binary
 * quantization: by the signs of coordinates first (100,000 take a millisecond), then exactly among the best of those.
 */
export class Partition {
  readonly dimension: number;
  readonly #words: number;
  /** By place. */
  readonly #ids: number[] = [];
  readonly #places = new Map<number, number>();
  #vectors: Float32Array;
  #signs: Int32Array;
  #stored = new Float64Array(firstRoom);
  #expires = new Float64Array(firstRoom);

  constructor(dimension: number) {
    this.dimension = dimension;
    this.#words = wordsOf(dimension);
    this.#vectors = new Float32Array(dimension * firstRoom);
    this.#signs = new Int32Array(this.#words * firstRoom);
  }

  get size(): number {
    return this.#ids.length;
  }

  /** So many vectors fit in before more memory is taken. */
  get room(): number {
    return this.#vectors.length / this.dimension;
  }

  add(id: number, vector: Float32Array, { storedAtMs, expiresAtMs } = forever): void {
    const at = this.size;
    if (at === this.room) this.#resize(at < largeRoom ? 2 * at : Math.ceil(1.25 * at));
    this.#vectors.set(vector, at * this.dimension);
    this.#signs.set(signsOf(vector), at * this.#words);
    this.#stored[at] = storedAtMs;
    this.#expires[at] = expiresAtMs;
    this.#ids.push(id);
    this.#places.set(id, at);
  }

  /** Takes a vector out; the last one takes its place. */
  remove(id: number): void {
    const at = this.#places.get(id);
    if (at === undefined) return;
    const from = this.size - 1;
    const last = this.#ids[from] as number;
    const [d, w] = [this.dimension, this.#words];
    this.#vectors.copyWithin(at * d, from * d, (from + 1) * d);
    this.#signs.copyWithin(at * w, from * w, (from + 1) * w);
    this.#stored.copyWithin(at, from, from + 1);
    this.#expires.copyWithin(at, from, from + 1);
    this.#ids[at] = last;
    this.#ids.pop();
    this.#places.set(last, at);
    this.#places.delete(id);
    if (4 * this.size < this.room && this.room > firstRoom)
      this.#resize(Math.max(firstRoom, 2 * this.size));
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
      const among = { all: this.#signs, count: this.size, isWanted };
      for (const at of nearestBySigns(among, signsOf(vector), comparedAtMost)) compare(at);
    }
    return found;
  }

  #resize(room: number): void {
    const vectors = new Float32Array(this.dimension * room);
    vectors.set(this.#vectors.subarray(0, this.dimension * this.size));
    this.#vectors = vectors;
    const signs = new Int32Array(this.#words * room);
    signs.set(this.#signs.subarray(0, this.#words * this.size));
    this.#signs = signs;
    this.#stored = resized(this.#stored, this.size, room);
    this.#expires = resized(this.#expires, this.size, room);
  }

  #similarity(vector: Float32Array, at: number): number {
    const start = at * this.dimension;
    const vectors = this.#vectors;
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

function resized(times: Float64Array, size: number, room: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(room);
  larger.set(times.subarray(0, size));
  return larger;
}

function insert(found: Near[], near: Near, most: number): void {
  let at = found.length;
  while (at > 0 && (found[at - 1] as Near).similarity < near.similarity) at -= 1;
  found.splice(at, 0, near);
  if (found.length > most) found.pop();
}
