import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

/** A store that cannot be used, in words for the operator. */
export class StoreError extends Error {}

/** A SQLite file of ours: statements are prepared once, and what a transaction has returned from survives the process. */
export interface Store {
  /** A prepared statement; the same text gives the same one. */
  statement(sql: string): StatementSync;
  /** Runs all or nothing; what throws inside is undone and thrown on. Inside another it is a part of that. */
  transaction<T>(run: () => T): T;
  /** Commits of `run` need not survive a loss of power, only the process: for bytes that a later commit makes count. */
  relaxed<T>(run: () => T): T;
  close(): void;
}

/** "SBOX": tells our files from those of other programs. */
const applicationId = 0x53_42_4f_58;

/** How long a file that another process holds is waited for. */
const busyTimeoutMs = 1_000;

/**
 * Opens a store, or makes it with its folder. `migrations[n]` takes a file of version n to n + 1; a file that is not ours,
 * newer, in use or not writable is a StoreError. The file holds prompts: it is readable by its owner alone.
 */
export function openStore(path: string, migrations: readonly string[]): Store {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, "a", 0o600));
  } catch (cause) {
    throw new StoreError(`the store ${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    prepareFile(database, path, migrations);
    return new SqliteStore(database);
  } catch (cause) {
    database?.close();
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(`the store ${path} ${reasonOf(cause)}`, { cause });
  }
}

function prepareFile(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  // One process at a time: two gateways on one store would each submit what waits in it.
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA foreign_keys = ON");
  const before = numberOf(database, "application_id");
  const version = numberOf(database, "user_version");
  const tables = database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.["n"];
  const isNew = before === 0 && version === 0 && tables === 0;
  if (!isNew && before !== applicationId)
    throw new StoreError(`the store ${path} is a SQLite file of another program`);
  if (version > migrations.length)
    throw new StoreError(`the store ${path} was written by a newer Signalbox`);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec("BEGIN IMMEDIATE");
  for (const migration of migrations.slice(version)) database.exec(migration);
  database.exec(`PRAGMA application_id = ${applicationId}`);
  database.exec(`PRAGMA user_version = ${migrations.length}`);
  database.exec("COMMIT");
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** SQLite's primary result codes, in words. */
const reasons: Readonly<Record<number, string>> = {
  5: "is in use by another gateway",
  6: "is in use by another gateway",
  8: "cannot be written",
  10: "cannot be read or written",
  11: "is damaged",
  13: "has no room left on its disk",
  14: "cannot be opened",
  26: "is not a SQLite file",
};

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && "errcode" in cause ? Number(cause.errcode) & 0xff : 0;
  return reasons[code] ?? `cannot be used: ${messageOf(cause)}`;
}

class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #isOpen = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  transaction<T>(run: () => T): T {
    if (this.#isOpen) return run();
    this.#database.exec("BEGIN IMMEDIATE");
    this.#isOpen = true;
    try {
      const result = run();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    } finally {
      this.#isOpen = false;
    }
  }

  relaxed<T>(run: () => T): T {
    this.#database.exec("PRAGMA synchronous = NORMAL");
    try {
      return run();
    } finally {
      this.#database.exec("PRAGMA synchronous = FULL");
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}
