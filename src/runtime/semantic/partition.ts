import type { ApproximateIndex, Near } from "./near-index.ts";

/** So many vectors are scanned: about half a millisecond for 256 numbers each. */
export const scannedAtMost = 2_048;
/** When there are more, all but the newest go over to the index. */
const leftForScanning = 1_024;
const firstRoom = 4;
const hole = -1;

/** The vectors of one partition: the newest in a row that is scanned, the older ones in an approximate index. */
export class Partition {
  readonly dimension: number;
  readonly #make: ((dimension: number) => ApproximateIndex) | null;
  #approximate: ApproximateIndex | null = null;
  readonly #settled = new Set<number>();
  /** Numbers in the order of their vectors, the oldest first; a hole where one was removed. */
  #ids: number[] = [];
  /** Where each number stands in the row. */
  readonly #places = new Map<number, number>();
  /** Where the row begins: before it all have gone over to the index. */
  #from = 0;
  #vectors: Float32Array;
  #isMoving = false;

  constructor(dimension: number, make: ((dimension: number) => ApproximateIndex) | null) {
    this.dimension = dimension;
    this.#make = make;
    this.#vectors = new Float32Array(dimension * firstRoom);
  }

  get size(): number {
    return this.#places.size + this.#settled.size;
  }

  /** So many vectors fit in before more memory is taken. */
  get room(): number {
    return this.#vectors.length / this.dimension;
  }

  /** Whether vectors are to go over to the index. */
  get isUnsettled(): boolean {
    return this.#isMoving;
  }

  add(id: number, vector: Float32Array): void {
    if ((this.#ids.length + 1) * this.dimension > this.#vectors.length) this.#closeUp();
    const at = this.#ids.length;
    this.#vectors.set(vector, at * this.dimension);
    this.#ids.push(id);
    this.#places.set(id, at);
    if (this.#places.size > scannedAtMost && this.#make !== null) this.#isMoving = true;
  }

  remove(id: number): void {
    if (this.#settled.delete(id)) this.#approximate?.remove(id);
    else this.#take(id);
  }

  /** The nearest, nearest first. Of a row that is too long the newest are scanned; the rest waits to be settled. */
  search(vector: Float32Array, most: number): Near[] {
    if (vector.length !== this.dimension) return [];
    const found =
      this.#settled.size === 0 ? [] : [...(this.#approximate?.search(vector, most) ?? [])];
    let left = scannedAtMost;
    for (let at = this.#ids.length - 1; at >= this.#from && left > 0; at -= 1) {
      const id = this.#ids[at] as number;
      if (id === hole) continue;
      left -= 1;
      const similarity = this.#similarity(vector, at);
      const last = found[most - 1];
      if (last === undefined || similarity > last.similarity)
        insert(found, { id, similarity }, most);
    }
    return found;
  }

  /** Moves at most so many to the approximate index; how many went. */
  settle(most: number): number {
    if (this.#make === null) return 0;
    this.#approximate ??= this.#make(this.dimension);
    let moved = 0;
    while (moved < most && this.#places.size > leftForScanning) {
      const id = this.#ids[this.#from] as number;
      if (id !== hole) {
        const start = this.#from * this.dimension;
        this.#approximate.add(id, this.#vectors.subarray(start, start + this.dimension));
        this.#places.delete(id);
        this.#settled.add(id);
        moved += 1;
      }
      this.#from += 1;
    }
    this.#isMoving = this.#places.size > leftForScanning;
    if (!this.#isMoving) this.#closeUp();
    return moved;
  }

  #take(id: number): void {
    const at = this.#places.get(id);
    if (at === undefined) return;
    this.#ids[at] = hole;
    this.#places.delete(id);
  }

  /** Moves the row together, to the start of new room for as many again. */
  #closeUp(): void {
    const vectors = new Float32Array(this.dimension * Math.max(firstRoom, 2 * this.#places.size));
    const ids: number[] = [];
    for (const id of this.#ids.slice(this.#from)) {
      const at = id === hole ? undefined : this.#places.get(id);
      if (at === undefined) continue;
      const start = at * this.dimension;
      vectors.set(
        this.#vectors.subarray(start, start + this.dimension),
        ids.length * this.dimension,
      );
      this.#places.set(id, ids.length);
      ids.push(id);
    }
    this.#ids = ids;
    this.#from = 0;
    this.#vectors = vectors;
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

function insert(found: Near[], near: Near, most: number): void {
  let at = found.length;
  while (at > 0 && (found[at - 1] as Near).similarity < near.similarity) at -= 1;
  found.splice(at, 0, near);
  if (found.length > most) found.pop();
}
