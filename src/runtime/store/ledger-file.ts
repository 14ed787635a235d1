import { type Durability, GroupCommit } from "./group-commit.ts";
import { Ledger } from "./ledger.ts";
import { openStore, type Store, StoreError } from "./sqlite.ts";
import { SqliteLimitStore } from "./sqlite-limit-store.ts";

/** From one version of the ledger's file to the next. */
export const ledgerMigrations: readonly string[] = [
  `CREATE TABLE attempts (
     at INTEGER NOT NULL, request TEXT NOT NULL, attempt INTEGER NOT NULL, policy TEXT NOT NULL, rule TEXT NOT NULL,
     target TEXT NOT NULL, key TEXT NOT NULL, lane TEXT NOT NULL CHECK (lane IN ('live', 'batch', 'shadow')),
     state TEXT NOT NULL CHECK (state IN ('settled', 'partial', 'unknown')),
     input_tokens INTEGER, output_tokens INTEGER, cached_read_tokens INTEGER, cached_write_tokens INTEGER,
     reasoning_tokens INTEGER, cost INTEGER) STRICT;
   CREATE INDEX attempts_by_time ON attempts (at);
   CREATE INDEX attempts_by_request ON attempts (request);
   CREATE TABLE days (
     day INTEGER NOT NULL, policy TEXT NOT NULL, rule TEXT NOT NULL, target TEXT NOT NULL, key TEXT NOT NULL, lane TEXT NOT NULL,
     attempts INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
     microdollars INTEGER NOT NULL, picodollars INTEGER NOT NULL, unpriced INTEGER NOT NULL,
     PRIMARY KEY (day, policy, rule, target, key, lane)) STRICT, WITHOUT ROWID;
   CREATE TABLE counters (
     option TEXT NOT NULL, value TEXT NOT NULL, idle_at INTEGER NOT NULL, state TEXT NOT NULL,
     PRIMARY KEY (option, value)) STRICT, WITHOUT ROWID;`,
  "CREATE TABLE learned (what TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;",
  `CREATE TABLE spans (
     option TEXT NOT NULL, span TEXT NOT NULL, value TEXT NOT NULL, idle_at INTEGER NOT NULL, state TEXT NOT NULL,
     PRIMARY KEY (option, span, value)) STRICT, WITHOUT ROWID;
   INSERT INTO spans SELECT option, CAST(coalesce(state ->> 'perMs', state ->> 'per') AS TEXT), value, idle_at, state FROM counters;
   DROP TABLE counters;
   ALTER TABLE spans RENAME TO counters;`,
  // The lanes are named by the code alone: SQLite cannot change a CHECK, and copying a large table takes seconds.
  `CREATE TABLE rows_of_all_lanes (
     at INTEGER NOT NULL, request TEXT NOT NULL, attempt INTEGER NOT NULL, policy TEXT NOT NULL, rule TEXT NOT NULL,
     target TEXT NOT NULL, key TEXT NOT NULL, lane TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('settled', 'partial', 'unknown')),
     input_tokens INTEGER, output_tokens INTEGER, cached_read_tokens INTEGER, cached_write_tokens INTEGER,
     reasoning_tokens INTEGER, cost INTEGER) STRICT;
   INSERT INTO rows_of_all_lanes SELECT * FROM attempts ORDER BY rowid;
   DROP TABLE attempts;
   ALTER TABLE rows_of_all_lanes RENAME TO attempts;
   CREATE INDEX attempts_by_time ON attempts (at);
   CREATE INDEX attempts_by_request ON attempts (request);`,
];

export interface LedgerFileParts {
  /** Runs a function when the present turn of the event loop is over. */
  readonly later: (run: () => void) => void;
  readonly survives: Durability;
  /** Epoch milliseconds now. */
  readonly atMs: number;
  /** Told of each commit of counters that failed. */
  readonly failed: (error: unknown) => void;
}

/** What was spent, and the counters of limits and budgets, in one SQLite file whose writes are committed together. */
export interface LedgerFile {
  readonly ledger: Ledger;
  readonly limits: SqliteLimitStore;
  /** What the gateway learned of something and would learn again: text of its own. Throws a StoreError where it cannot be read. */
  learned(what: string): string | null;
  /** Keeps it in place of what was there. */
  keepLearned(what: string, state: string): Promise<void>;
  /** Commits what waits, and closes the file. */
  close(): void;
}

/** Opens the ledger at a path, or makes it; a file that cannot be used is a StoreError. */
export function openLedgerFile(path: string, parts: LedgerFileParts): LedgerFile {
  const store = openStore(path, ledgerMigrations);
  try {
    return ledgerFileOf(store, parts);
  } catch (cause) {
    store.close();
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(`the counters in the store ${path} are damaged`, { cause });
  }
}

export function ledgerFileOf(store: Store, parts: LedgerFileParts): LedgerFile {
  const commit = new GroupCommit(store, parts);
  return {
    ledger: new Ledger(store, commit),
    limits: new SqliteLimitStore({ store, commit, ...parts }),
    learned(what) {
      const row = store.statement("SELECT state FROM learned WHERE what = ?").get(what);
      return row === undefined ? null : String(row["state"]);
    },
    keepLearned: (what, state) =>
      commit.write(() => {
        store
          .statement(
            "INSERT INTO learned (what, state) VALUES (?, ?) ON CONFLICT (what) DO UPDATE SET state = excluded.state",
          )
          .run(what, state);
      }),
    close() {
      commit.flush();
      store.close();
    },
  };
}
