import type { SQLOutputValue } from "node:sqlite";
import { setImmediate as pause } from "node:timers/promises";
import {
  bytesOf,
  type CacheEntry,
  type CacheSizes,
  type CacheStore,
  type EntryNames,
  fits,
  type Purge,
} from "../cache/cache-store.ts";
import { mostOrders, orderText } from "../cache/purge-orders.ts";
import { openStore, type Store, StoreError } from "./sqlite.ts";

const migrations = [
  `CREATE TABLE answers (
    key TEXT PRIMARY KEY, tenant TEXT NOT NULL, target TEXT NOT NULL, tags TEXT NOT NULL,
    stored INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL, bytes INTEGER NOT NULL,
    cost INTEGER, answer TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answers_by_use ON answers (used, bytes);
  CREATE INDEX answers_by_end ON answers (expires, bytes);`,
  `CREATE TABLE purges (told TEXT PRIMARY KEY, at REAL NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX purges_by_time ON purges (at);`,
];

/** When an entry was last asked for is written down no more often than this, so that most hits write nothing. */
const useEveryMs = 60_000;
/** Expired entries that are cleared away at once at most. */
const clearedAtOnce = 100;
/** What a purge looks at, and what it forgets, before others have their turn. */
const lookedAtOnce = 500;
const forgottenAtOnce = { entries: 100, bytes: 8 * 1024 * 1024 };
/** Candidates for making room that are read at once. */
const readAtOnce = 64;

/** Opens answers kept in a file of their own, or makes it. Throws a StoreError where it cannot be used. */
export function openSqliteCacheStore(path: string, mostBytes: number): SqliteCacheStore {
  return new SqliteCacheStore(openStore(path, migrations), mostBytes);
}

type Row = Record<string, SQLOutputValue>;

/**
 * Answers that outlive the process, within a bound of bytes. Those not asked for longest make room. What a loss of power takes
 * of the last writes is asked anew: a write does not wait for the disk.
 */
export class SqliteCacheStore implements CacheStore {
  readonly #store: Store;
  readonly #mostBytes: number;
  #bytes: number;
  #isClosed = false;

  constructor(store: Store, mostBytes: number) {
    this.#store = store;
    this.#mostBytes = mostBytes;
    this.#bytes = this.#sum();
    // The bound may be a smaller one than it was.
    this.#write(() => this.#makeRoom(""));
  }

  get(key: string, atMs: number): CacheEntry | null {
    const row = this.#store.statement("SELECT * FROM answers WHERE key = ?").get(key);
    if (row === undefined || Number(row["expires"]) <= atMs) return null;
    if (atMs - Number(row["used"]) >= useEveryMs)
      this.#write(() =>
        this.#store.statement("UPDATE answers SET used = ? WHERE key = ?").run(atMs, key),
      );
    return entryOf(row);
  }

  put(entry: CacheEntry, atMs: number, askedAtMs = Number.POSITIVE_INFINITY): boolean {
    if (this.#isPurged(entry, askedAtMs)) return false;
    const bytes = bytesOf(entry);
    const isKept = bytes <= this.#mostBytes && entry.expiresAtMs > atMs;
    this.#write(() => {
      this.#forget(entry.key);
      this.#clear(atMs, clearedAtOnce);
      if (!isKept) return;
      this.#store
        .statement(
          "INSERT INTO answers (key, tenant, target, tags, stored, expires, used, bytes, cost, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .run(
          ...[entry.key, entry.tenant, entry.target, JSON.stringify(entry.tags)],
          ...[Math.round(entry.storedAtMs), Math.round(entry.expiresAtMs), Math.round(atMs)],
          ...[bytes, entry.cost, entry.answer],
        );
      this.#bytes += bytes;
      this.#makeRoom(entry.key);
    });
    return true;
  }

  async purge(order: Purge, atMs: number): Promise<number> {
    this.#write(() => this.#remember(order, atMs));
    if (order.key !== undefined) {
      const rows = this.#store
        .statement("SELECT key, tenant, target, tags, bytes FROM answers WHERE key = ?")
        .all(order.key);
      return this.#forgetSome(rows, order).count;
    }
    let [count, after, isOver] = [0, "", false];
    while (!isOver) {
      if (this.#isClosed) throw new StoreError("the cache was closed in the middle of a purge");
      const rows = this.#store
        .statement(
          "SELECT key, tenant, target, tags, bytes FROM answers WHERE key > ? ORDER BY key LIMIT ?",
        )
        .all(after, lookedAtOnce);
      const some = this.#forgetSome(rows, order);
      count += some.count;
      after = some.last ?? after;
      isOver = some.isAll && rows.length < lookedAtOnce;
      if (!isOver) await pause();
    }
    return count;
  }

  sizes(atMs: number): CacheSizes {
    this.#write(() => this.#clear(atMs, clearedAtOnce));
    const row = this.#store
      .statement(
        "SELECT count(*) AS entries, coalesce(sum(bytes), 0) AS bytes FROM answers WHERE expires > ?",
      )
      .get(atMs);
    return { entries: Number(row?.["entries"]), bytes: Number(row?.["bytes"]) };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#store.close();
    return Promise.resolve();
  }

  /** Writes a purge down for what is under way. Of too many the oldest is taken to have meant everything. */
  #remember(order: Purge, atMs: number): void {
    const write = (each: Purge, at: number): void => {
      this.#store
        .statement(
          "INSERT INTO purges (told, at) VALUES (?, ?) ON CONFLICT (told) DO UPDATE SET at = max(at, excluded.at)",
        )
        .run(orderText(each), at);
    };
    write(order, atMs);
    const last = this.#store
      .statement("SELECT at FROM purges ORDER BY at DESC LIMIT 1 OFFSET ?")
      .get(mostOrders);
    if (last === undefined) return;
    const at = Number(last["at"]);
    this.#store.statement("DELETE FROM purges WHERE at <= ?").run(at);
    write({}, at);
  }

  #isPurged(entry: EntryNames, askedAtMs: number): boolean {
    return this.#store
      .statement("SELECT told FROM purges WHERE at >= ?")
      .all(askedAtMs)
      .some(({ told }) => fits(entry, JSON.parse(String(told)) as Purge));
  }

  #sum(): number {
    const row = this.#store.statement("SELECT coalesce(sum(bytes), 0) AS n FROM answers").get();
    return Number(row?.["n"]);
  }

  /** All or nothing; after a write that failed the sum is what the file says. */
  #write(run: () => void): void {
    const before = this.#bytes;
    try {
      this.#store.relaxed(() => this.#store.transaction(run));
    } catch (error) {
      this.#bytes = before;
      throw error;
    }
  }

  /** Forgets those of some rows that an order fits, as many as may be forgotten at once; `last` is the key of the last one looked at. */
  #forgetSome(
    rows: readonly Row[],
    order: Purge,
  ): { readonly count: number; readonly last: string | null; readonly isAll: boolean } {
    const found: string[] = [];
    let [bytes, at] = [0, 0];
    for (; at < rows.length; at += 1) {
      const row = rows[at];
      if (found.length >= forgottenAtOnce.entries || bytes >= forgottenAtOnce.bytes) break;
      if (row === undefined || !fits(namesOf(row), order)) continue;
      found.push(String(row["key"]));
      bytes += Number(row["bytes"]);
    }
    if (found.length > 0)
      this.#write(() => {
        for (const key of found) this.#forget(key);
      });
    const last = rows[at - 1]?.["key"];
    const isAll = at === rows.length;
    return { count: found.length, last: last === undefined ? null : String(last), isAll };
  }

  #forget(key: string): void {
    const row = this.#store.statement("DELETE FROM answers WHERE key = ? RETURNING bytes").get(key);
    if (row !== undefined) this.#bytes -= Number(row["bytes"]);
  }

  #clear(atMs: number, most: number): void {
    const ended = this.#store
      .statement("SELECT key FROM answers WHERE expires <= ? LIMIT ?")
      .all(Math.round(atMs), most);
    for (const { key } of ended) this.#forget(String(key));
  }

  #makeRoom(newest: string): void {
    while (this.#bytes > this.#mostBytes) {
      const oldest = this.#store
        .statement("SELECT key, bytes FROM answers WHERE key <> ? ORDER BY used LIMIT ?")
        .all(newest, readAtOnce);
      if (oldest.length === 0) return;
      for (const { key } of oldest) {
        if (this.#bytes <= this.#mostBytes) return;
        this.#forget(String(key));
      }
    }
  }
}

function namesOf(row: Row): EntryNames {
  return {
    key: String(row["key"]),
    tenant: String(row["tenant"]),
    target: String(row["target"]),
    tags: tagsOf(String(row["tags"])),
  };
}

/** Tags that cannot be read are none: the entry can still be used, and forgotten by all else. */
function tagsOf(text: string): readonly string[] {
  try {
    const tags: unknown = JSON.parse(text);
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
  } catch {
    return [];
  }
}

function entryOf(row: Row): CacheEntry {
  const cost = row["cost"];
  return {
    ...namesOf(row),
    storedAtMs: Number(row["stored"]),
    expiresAtMs: Number(row["expires"]),
    answer: String(row["answer"]),
    cost: cost === null || cost === undefined ? null : Number(cost),
  };
}
