import { Partition } from "./partition.ts";
import {
  type Candidate,
  candidatesAtMost,
  type Observation,
  observationsAtMost,
  type SemanticBounds,
  type SemanticEntry,
  type SemanticPurge,
  type SemanticSizes,
  semanticBytesOf,
  semanticFits,
} from "./semantic-store.ts";

export interface NearIndexParts extends SemanticBounds {
  /** Told of each entry that is forgotten, by its number. */
  readonly forgotten: (id: number) => void;
}

/** An entry with the number that stands for it in the indexes: no other has had it. */
export interface NumberedEntry {
  readonly id: number;
  readonly entry: SemanticEntry;
  readonly vector: Float32Array;
  readonly observations?: readonly Observation[];
}

interface Slot {
  readonly entry: SemanticEntry;
  readonly bytes: number;
  readonly observations: Observation[];
}

/** Of the expired entries so many are cleared away by one that is put: what is added is always less than what can go. */
const clearedAtOnce = 4;

/** Prompts by meaning, in memory and bounded. Synchronous; knows no clock. */
export class NearIndex {
  readonly #parts: NearIndexParts;
  /** By number, the oldest first. */
  readonly #slots = new Map<number, Slot>();
  readonly #numbers = new Map<string, number>();
  readonly #partitions = new Map<string, Partition>();
  #bytes = 0;

  constructor(parts: NearIndexParts) {
    this.#parts = parts;
  }

  get sizes(): SemanticSizes {
    return { entries: this.#slots.size, bytes: this.#bytes };
  }

  nearest(
    partition: string,
    vector: Float32Array,
    atMs: number,
    sinceMs = Number.NEGATIVE_INFINITY,
  ): Candidate[] {
    const wanted = { atMs, sinceMs, ended: [] as number[] };
    const found = this.#partitions.get(partition)?.search(vector, candidatesAtMost, wanted) ?? [];
    const candidates = found.flatMap(({ id, similarity }): Candidate[] => {
      const slot = this.#slots.get(id);
      if (slot === undefined) return [];
      const { key, prompt, storedAtMs, answer } = slot.entry;
      return [{ key, prompt, similarity, storedAtMs, answer, observations: slot.observations }];
    });
    for (const id of wanted.ended) this.#forget(id);
    return candidates;
  }

  /** Keeps an entry in the place of the one with its key; false where it is larger than all may be together. */
  put({ id, entry, vector, observations = [] }: NumberedEntry, atMs: number): boolean {
    const before = this.#numbers.get(entry.key);
    if (before !== undefined) this.#forget(before);
    this.#clear(atMs, clearedAtOnce);
    const bytes = semanticBytesOf(entry, vector.length);
    const { mostEntries, mostBytes } = this.#parts;
    if (bytes > mostBytes || mostEntries < 1 || entry.expiresAtMs <= atMs) return false;
    const among = this.#partitions.get(entry.partition);
    if (among !== undefined && among.dimension !== vector.length) return false;
    while (this.#slots.size >= mostEntries || this.#bytes + bytes > mostBytes) {
      const [oldest] = this.#slots.keys();
      if (oldest === undefined) break;
      this.#forget(oldest);
    }
    let partition = this.#partitions.get(entry.partition);
    if (partition === undefined) {
      partition = new Partition(vector.length);
      this.#partitions.set(entry.partition, partition);
    }
    partition.add(id, vector, entry);
    this.#slots.set(id, { entry, bytes, observations: [...observations] });
    this.#numbers.set(entry.key, id);
    this.#bytes += bytes;
    return true;
  }

  /** Puts an entry that was kept before; false where one with its key has come since, or it is too large. */
  restore(numbered: NumberedEntry): boolean {
    if (this.#numbers.has(numbered.entry.key)) return false;
    return this.put(numbered, Number.NEGATIVE_INFINITY);
  }

  /** Adds an observation; the number of its entry and all it has, or null where it is gone. */
  observe(
    key: string,
    observation: Observation,
  ): { readonly id: number; readonly observations: readonly Observation[] } | null {
    const id = this.#numbers.get(key);
    const slot = id === undefined ? undefined : this.#slots.get(id);
    if (id === undefined || slot === undefined) return null;
    slot.observations.push(observation);
    if (slot.observations.length > observationsAtMost) slot.observations.shift();
    return { id, observations: slot.observations };
  }

  purge(order: SemanticPurge): number {
    let count = 0;
    for (const [id, { entry }] of this.#named(order)) {
      if (!semanticFits(entry, order)) continue;
      this.#forget(id);
      count += 1;
    }
    return count;
  }

  /** Those among which an order's are: one where it names a key. */
  #named({ key }: SemanticPurge): Iterable<[number, Slot]> {
    if (key === undefined) return this.#slots;
    const id = this.#numbers.get(key);
    const slot = id === undefined ? undefined : this.#slots.get(id);
    return id === undefined || slot === undefined ? [] : [[id, slot]];
  }

  clearExpired(atMs: number): void {
    for (const [id, { entry }] of this.#slots) if (entry.expiresAtMs <= atMs) this.#forget(id);
  }

  #clear(atMs: number, most: number): void {
    let left = most;
    for (const [id, { entry }] of this.#slots) {
      if (left === 0) return;
      left -= 1;
      if (entry.expiresAtMs <= atMs) this.#forget(id);
    }
  }

  #forget(id: number): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    const { entry, bytes } = slot;
    this.#slots.delete(id);
    this.#numbers.delete(entry.key);
    this.#bytes -= bytes;
    const partition = this.#partitions.get(entry.partition);
    partition?.remove(id);
    if (partition?.size === 0) this.#partitions.delete(entry.partition);
    this.#parts.forgotten(id);
  }
}
