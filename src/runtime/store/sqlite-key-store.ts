import { basename, dirname, extname, join } from "node:path";
import type { KeyRecord, KeyStore, StoredKey, StoredKeys } from "./key-store.ts";
import { openStore, type Store } from "./sqlite.ts";

/** From one version of the file to the next. AUTOINCREMENT remembers that there were keys when all are gone. */
export const keyMigrations: readonly string[] = [
  `CREATE TABLE keys (
     place INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, used_at INTEGER,
     state TEXT NOT NULL) STRICT;`,
];

/** The file of keys beside a store of batches. Apart, since the latter is held by the batches alone. */
export function keyFileBeside(store: string): string {
  const extension = extname(store);
  return join(dirname(store), `${basename(store, extension)}-keys${extension}`);
}

/** Opens the keys at a path, or makes their file; one that cannot be used is a StoreError. */
export function openSqliteKeyStore(path: string): SqliteKeyStore {
  return new SqliteKeyStore(openStore(path, keyMigrations));
}

/** Keys in a SQLite file of this process's own. Each call is one commit. */
export class SqliteKeyStore implements KeyStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async load(): Promise<StoredKeys> {
    const rows = this.#store
      .statement("SELECT state, used_at, place FROM keys ORDER BY place")
      .all();
    const made = this.#store
      .statement("SELECT count(*) AS n FROM sqlite_sequence WHERE name = 'keys'")
      .get();
    return { keys: rows.map(storedKey), everHeld: Number(made?.["n"]) > 0 };
  }

  async add(key: KeyRecord): Promise<number | null> {
    const row = this.#store
      .statement(
        "INSERT INTO keys (name, revision, state) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING RETURNING place",
      )
      .get(key.name, key.revision, JSON.stringify(key));
    return row === undefined ? null : Number(row["place"]);
  }

  async replace(key: KeyRecord): Promise<boolean> {
    const sql = "UPDATE keys SET revision = ?, state = ? WHERE name = ? AND revision = ?";
    return this.#changesOne(sql, key.revision, JSON.stringify(key), key.name, key.revision - 1);
  }

  async remove(name: string, revision: number): Promise<boolean> {
    return this.#changesOne("DELETE FROM keys WHERE name = ? AND revision = ?", name, revision);
  }

  async used(times: ReadonlyMap<string, number>): Promise<void> {
    const update = this.#store.statement(
      "UPDATE keys SET used_at = max(coalesce(used_at, 0), ?) WHERE name = ?",
    );
    // A time that a loss of power forgets is no loss.
    this.#store.relaxed(() =>
      this.#store.transaction(() => {
        for (const [name, atMs] of times) update.run(atMs, name);
      }),
    );
  }

  async changes(): Promise<undefined> {}

  async close(): Promise<void> {
    this.#store.close();
  }

  #changesOne(sql: string, ...parameters: readonly (string | number)[]): boolean {
    return Number(this.#store.statement(sql).run(...parameters).changes) === 1;
  }
}

function storedKey(row: Readonly<Record<string, unknown>>): StoredKey {
  const usedAt = row["used_at"];
  return {
    key: JSON.parse(String(row["state"])) as KeyRecord,
    place: Number(row["place"]),
    usedAtMs: usedAt === null ? null : Number(usedAt),
  };
}
