import {
  bytesOf,
  type CacheEntry,
  type CacheSizes,
  type CacheStore,
  fits,
  type Purge,
} from "../cache/cache-store.ts";
import { PurgeOrders } from "../cache/purge-orders.ts";

interface Kept {
  readonly entry: CacheEntry;
  readonly bytes: number;
}

/** Answers in this process, within a bound of bytes; those not asked for longest make room. */
export class MemoryCacheStore implements CacheStore {
  readonly #mostBytes: number;
  readonly #purged: PurgeOrders;
  /** The one asked for last stands last. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** What was purged before it was opened, by `openedAtMs`, nobody knows any more. */
  constructor(mostBytes: number, openedAtMs: number) {
    this.#mostBytes = mostBytes;
    this.#purged = new PurgeOrders(openedAtMs);
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

  put(entry: CacheEntry, atMs: number, askedAtMs = Number.POSITIVE_INFINITY): boolean {
    if (this.#purged.reach(entry, askedAtMs)) return false;
    const before = this.#kept.get(entry.key);
    if (before !== undefined) this.#forget(entry.key, before);
    const bytes = bytesOf(entry);
    if (bytes > this.#mostBytes || entry.expiresAtMs <= atMs) return true;
    this.#kept.set(entry.key, { entry, bytes });
    this.#bytes += bytes;
    for (const [key, kept] of this.#kept) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#forget(key, kept);
    }
    return true;
  }

  purge(order: Purge, atMs: number): number {
    this.#purged.add(order, atMs);
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
