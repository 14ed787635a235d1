import type { Picodollars } from "../../base/money.ts";

/** What an answer can be found and forgotten by. */
export interface EntryNames {
  readonly key: string;
  readonly tenant: string;
  readonly target: string;
  readonly tags: readonly string[];
}

/** An answer that is kept. */
export interface CacheEntry extends EntryNames {
  /** Epoch milliseconds. */
  readonly storedAtMs: number;
  /** From when on nobody is served it any more, in epoch milliseconds. */
  readonly expiresAtMs: number;
  /** JSON text of its events. */
  readonly answer: string;
  /** What it cost; null where that is not known. */
  readonly cost: Picodollars | null;
}

/** Entries to be forgotten: those that all of what is named fits; an order that names nothing fits all. */
export interface Purge {
  readonly key?: string;
  readonly tenant?: string;
  readonly target?: string;
  readonly tag?: string;
}

export interface CacheSizes {
  readonly entries: number;
  readonly bytes: number;
}

/** Fixed part of what an entry takes in a store, beside its texts. */
const overheadBytes = 256;

/** What an entry counts for, in bytes: what V8 keeps of its texts, which is at least what they take in a file. */
export function bytesOf(entry: EntryNames & Pick<CacheEntry, "answer">): number {
  const { answer, key, tenant, target, tags } = entry;
  let bytes = overheadBytes;
  for (const text of [answer, key, tenant, target, ...tags]) bytes += textBytes(text);
  return bytes;
}

function textBytes(text: string): number {
  for (let at = 0; at < text.length; at += 1)
    if (text.charCodeAt(at) > 0xff) return 2 * text.length;
  return text.length;
}

/** Whether an entry is one of those to be forgotten. */
export function fits(entry: EntryNames, order: Purge): boolean {
  return (
    (order.key === undefined || order.key === entry.key) &&
    (order.tenant === undefined || order.tenant === entry.tenant) &&
    (order.target === undefined || order.target === entry.target) &&
    (order.tag === undefined || entry.tags.includes(order.tag))
  );
}

/**
 * Where answers are kept. `atMs` is epoch milliseconds. At rest all entries together count for no more than the store's bound, and
 * one that alone is beyond it is not kept. A store that cannot be read or written makes each of these reject, or throw, with a StoreError.
 */
export interface CacheStore {
  /** The entry of a key; null where there is none, or it has expired. */
  get(key: string, atMs: number): CacheEntry | null | Promise<CacheEntry | null>;
  /**
   * Keeps an entry in the place of the one with its key; others make room where there is none. Resolves to false, and keeps nothing, where
   * `askedAtMs` is told and the entry was purged since: what was asked for before a purge is no answer after it.
   */
  put(entry: CacheEntry, atMs: number, askedAtMs?: number): boolean | Promise<boolean>;
  /** Forgets entries, those too that were asked for before and come later; resolves to how many were there. */
  purge(order: Purge, atMs: number): number | Promise<number>;
  sizes(atMs: number): CacheSizes | Promise<CacheSizes>;
  close(): Promise<void>;
}
