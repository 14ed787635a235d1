import {
  bytesOf,
  type CacheEntry,
  type CacheSizes,
  type CacheStore,
  fits,
  type Purge,
} from "../cache/cache-store.ts";
import { MemoryEntries } from "../cache/memory-entries.ts";
import { PurgeOrders } from "../cache/purge-orders.ts";

/** Answers in this process, within a bound of bytes; those not asked for longest make room. */
export class MemoryCacheStore implements CacheStore {
  readonly #entries: MemoryEntries<CacheEntry>;
  readonly #purged: PurgeOrders;

  /** What was purged before it was opened, by `openedAtMs`, nobody knows any more. */
  constructor(mostBytes: number, openedAtMs: number) {
    this.#entries = new MemoryEntries<CacheEntry>({ mostBytes, bytesOf });
    this.#purged = new PurgeOrders(openedAtMs);
  }

  get(key: string, atMs: number): CacheEntry | null {
    return this.#entries.get(key, atMs);
  }

  put(entry: CacheEntry, atMs: number, askedAtMs = Number.POSITIVE_INFINITY): boolean {
    if (this.#purged.reach(entry, askedAtMs)) return false;
    this.#entries.put(entry, atMs);
    return true;
  }

  purge(order: Purge, atMs: number): number {
    this.#purged.add(order, atMs);
    return this.#entries.forget((entry) => fits(entry, order));
  }

  sizes(atMs: number): CacheSizes {
    return this.#entries.sizes(atMs);
  }

  close(): Promise<void> {
    this.#entries.forget(() => true);
    return Promise.resolve();
  }
}
