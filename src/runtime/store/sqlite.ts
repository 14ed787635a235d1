import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite";

/** A store that cannot be used, in words for the operator. */
export class StoreError extends Error {}

type Row = Record<string, SQLOutputValue>;

/** A prepared statement. Where the store cannot be read or written at all, each of these throws a StoreError. */
export interface Statement {
  get(...parameters: readonly SQLInputValue[]): Row | undefined;
  all(...parameters: readonly SQLInputValue[]): Row[];
  run(...parameters: readonly SQLInputValue[]): { readonly changes: number | bigint };
}

/** A SQLite file of ours: statements are prepared once, and what a transaction has returned from survives the process. */
export interface Store {
  /** A prepared statement; the same text gives the same one. */
  statement(sql: string): Statement;
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
    return new SqliteStore(database, path);
  } catch (cause) {
    database?.close();
    if (cause instanceof StoreError) throw cause;
    const reason = reasonOf(cause) ?? `cannot be used: ${messageOf(cause)}`;
    throw new StoreError(`the store ${path} ${reason}`, { cause });
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

/** Why the store cannot be used, in words; null for an error that is no fault of its file or disk. */
function reasonOf(error: unknown): string | null {
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
  return reasons[code] ?? null;
}

class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #statements = new Map<string, Statement>();
  #isOpen = false;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      const prepared = this.#told(() => this.#database.prepare(sql));
      statement = {
        get: (...parameters) => this.#told(() => prepared.get(...parameters)),
        all: (...parameters) => this.#told(() => prepared.all(...parameters)),
        run: (...parameters) => this.#told(() => prepared.run(...parameters)),
      };
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  transaction<T>(run: () => T): T {
    if (this.#isOpen) return run();
    this.#execute("BEGIN IMMEDIATE");
    this.#isOpen = true;
    try {
      const result = run();
      this.#execute("COMMIT");
      return result;
    } catch (error) {
      // After a full disk or a failed write SQLite has undone it all itself: a second ROLLBACK would fail, and hide why.
      if (this.#database.isTransaction) this.#execute("ROLLBACK");
      throw error;
    } finally {
      this.#isOpen = false;
    }
  }

  relaxed<T>(run: () => T): T {
    this.#execute("PRAGMA synchronous = NORMAL");
    try {
      return run();
    } finally {
      this.#execute("PRAGMA synchronous = FULL");
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #execute(sql: string): void {
    this.#told(() => this.#database.exec(sql));
  }

  /** A full disk and the like are told in words; all else stays what it is. */
  #told<T>(run: () => T): T {
    try {
      return run();
    } catch (cause) {
      const reason = reasonOf(cause);
      if (reason === null) throw cause;
      throw new StoreError(`the store ${this.#path} ${reason}`, { cause });
    }
  }
}
