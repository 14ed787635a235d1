import type { CacheSizes } from "./cache-store.ts";

/** What is kept, as far as its place is concerned. */
export interface Expiring {
  readonly key: string;
  /** From when on nobody is given it any more, in epoch milliseconds. */
  readonly expiresAtMs: number;
}

export interface MemoryEntriesParts<Entry extends Expiring> {
  readonly mostBytes: number;
  /** What an entry counts for. */
  readonly bytesOf: (entry: Entry) => number;
}

interface Kept<Entry> {
  readonly entry: Entry;
  readonly bytes: number;
}

/** Entries by key within a bound of bytes; those not asked for longest make room. Knows no clock. */
export class MemoryEntries<Entry extends Expiring> {
  readonly #parts: MemoryEntriesParts<Entry>;
  /** The one asked for last stands last. */
  readonly #kept = new Map<string, Kept<Entry>>();
  #bytes = 0;

  constructor(parts: MemoryEntriesParts<Entry>) {
    this.#parts = parts;
  }

  get(key: string, atMs: number): Entry | null {
    const kept = this.#kept.get(key);
    if (kept === undefined) return null;
    if (kept.entry.expiresAtMs <= atMs) {
      this.#forget(key, kept);
      return null;
    }
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.entry;
  }

  /** Keeps an entry in the place of the one with its key, unless it alone is beyond the bound. */
  put(entry: Entry, atMs: number): void {
    const { mostBytes, bytesOf } = this.#parts;
    const before = this.#kept.get(entry.key);
    if (before !== undefined) this.#forget(entry.key, before);
    const bytes = bytesOf(entry);
    if (bytes > mostBytes || entry.expiresAtMs <= atMs) return;
    this.#kept.set(entry.key, { entry, bytes });
    this.#bytes += bytes;
    for (const [key, kept] of this.#kept) {
      if (this.#bytes <= mostBytes) break;
      this.#forget(key, kept);
    }
  }

  /** Forgets the entries that are meant; how many. */
  forget(isMeant: (entry: Entry) => boolean): number {
    let count = 0;
    for (const [key, kept] of this.#kept) {
      if (!isMeant(kept.entry)) continue;
      this.#forget(key, kept);
      count += 1;
    }
    return count;
  }

  sizes(atMs: number): CacheSizes {
    this.forget(({ expiresAtMs }) => expiresAtMs <= atMs);
    return { entries: this.#kept.size, bytes: this.#bytes };
  }

  #forget(key: string, { bytes }: Kept<Entry>): void {
    this.#kept.delete(key);
    this.#bytes -= bytes;
  }
}
