import {
  bytesOf,
  type CacheEntry,
  type CacheSizes,
  type CacheStore,
  fits,
  type Purge,
} from "../cache/cache-store.ts";

interface Kept {
  readonly entry: CacheEntry;
  readonly bytes: number;
}

/** Answers in this process, within a bound of bytes; those not asked for longest make room. */
export class MemoryCacheStore implements CacheStore {
  readonly #mostBytes: number;
  /** The one asked for last stands last. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get(key: string, atMs: number): CacheEntry | null {
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

  put(entry: CacheEntry, atMs: number): void {
    const before = this.#kept.get(entry.key);
    if (before !== undefined) this.#forget(entry.key, before);
    const bytes = bytesOf(entry);
    if (bytes > this.#mostBytes || entry.expiresAtMs <= atMs) return;
    this.#kept.set(entry.key, { entry, bytes });
    this.#bytes += bytes;
    for (const [key, kept] of this.#kept) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#forget(key, kept);
    }
  }

  purge(order: Purge): number {
    let count = 0;
    for (const [key, kept] of this.#kept) {
      if (!fits(kept.entry, order)) continue;
      this.#forget(key, kept);
      count += 1;
    }
    return count;
  }

  sizes(atMs: number): CacheSizes {
    for (const [key, kept] of this.#kept)
      if (kept.entry.expiresAtMs <= atMs) this.#forget(key, kept);
    return { entries: this.#kept.size, bytes: this.#bytes };
  }

  close(): Promise<void> {
    this.#kept.clear();
    this.#bytes = 0;
    return Promise.resolve();
  }

  #forget(key: string, { bytes }: Kept): void {
    this.#kept.delete(key);
    this.#bytes -= bytes;
  }
}
