import type { SQLOutputValue } from "node:sqlite";
import { NearIndex, type NumberedEntry } from "../semantic/near-index.ts";
import type {
  Candidate,
  Observation,
  SemanticBounds,
  SemanticEntry,
  SemanticPurge,
  SemanticSizes,
} from "../semantic/semantic-store.ts";
import { GroupCommit } from "./group-commit.ts";
import { openStore, type Store } from "./sqlite.ts";

const migrations = [
  `CREATE TABLE prompts (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, partition TEXT NOT NULL, tenant TEXT NOT NULL, target TEXT NOT NULL,
    tags TEXT NOT NULL, prompt TEXT NOT NULL, stored INTEGER NOT NULL, expires INTEGER NOT NULL,
    answer BLOB, vector BLOB NOT NULL, observations TEXT NOT NULL
  ) STRICT;`,
];

/** So many rows are read in one turn of the loop when the file is opened. */
const readAtOnce = 256;

export interface SemanticDeskParts extends SemanticBounds {
  /** The file; null for none. */
  readonly path: string | null;
  /** Runs a function when the present turn of the event loop is over. */
  readonly later: (run: () => void) => void;
}

interface End {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Prompts by meaning with their rows in a file: the rows are the truth, the index is made from them when the file is opened. Everything
 * here runs in one thread, in turns short enough for lookups to come between.
 */
export class SemanticDesk {
  readonly #parts: SemanticDeskParts;
  readonly #index: NearIndex;
  readonly #store: Store | null;
  readonly #commits: GroupCommit | null;
  /** When all rows of the file are in the index. */
  readonly #isRead: Promise<void>;
  #next = 1;
  #gone: number[] = [];
  #isClosed = false;

  /** Opens the file. Throws a StoreError where it cannot be used. */
  constructor(parts: SemanticDeskParts) {
    this.#parts = parts;
    const { later, path } = parts;
    this.#index = new NearIndex({ ...parts, forgotten: (id) => this.#gone.push(id) });
    this.#store = path === null ? null : openStore(path, migrations);
    this.#commits = this.#store && new GroupCommit(this.#store, { later, survives: "process" });
    const last = this.#store?.statement("SELECT coalesce(max(id), 0) AS n FROM prompts").get();
    this.#next = Number(last?.["n"] ?? 0) + 1;
    this.#isRead = new Promise((done, failed) => this.#read(0, this.#next, { done, failed }));
    // Told to whoever counts or purges; what could be read is found all the same.
    this.#isRead.catch(() => undefined);
  }

  nearest(
    partition: string,
    vector: Float32Array,
    atMs: number,
    sinceMs?: number,
  ): readonly Candidate[] {
    const found = this.#index.nearest(partition, vector, atMs, sinceMs);
    // Rows that stay because they cannot be written are as expired when the file is opened again.
    if (this.#gone.length > 0) this.#write(() => undefined).catch(() => undefined);
    return found;
  }

  put(entry: SemanticEntry, vector: Float32Array, atMs: number): Promise<void> {
    const id = this.#next;
    this.#next += 1;
    const isKept = this.#index.put({ id, entry, vector }, atMs);
    return this.#write((store) => {
      if (isKept) insertRow(store, id, entry, vector);
    });
  }

  observe(key: string, observation: Observation): Promise<void> {
    const told = this.#index.observe(key, observation);
    if (told === null) return Promise.resolve();
    const text = JSON.stringify(told.observations);
    return this.#write((store) => {
      store.statement("UPDATE prompts SET observations = ? WHERE id = ?").run(text, told.id);
    });
  }

  async purge(order: SemanticPurge): Promise<number> {
    // What is found already goes at once, whether the rest can be read or not.
    let count = this.#index.purge(order);
    try {
      await this.#isRead;
    } finally {
      count += this.#index.purge(order);
      await this.#write(() => undefined);
    }
    return count;
  }

  async sizes(atMs: number): Promise<SemanticSizes> {
    await this.#isRead;
    this.#index.clearExpired(atMs);
    await this.#write(() => undefined);
    return this.#index.sizes;
  }

  close(): void {
    this.#isClosed = true;
    this.#commits?.flush();
    this.#store?.close();
  }

  /** Writes with the next commit, and before it takes out the rows of what was forgotten so far. */
  #write(run: (store: Store) => void): Promise<void> {
    const gone = this.#gone;
    this.#gone = [];
    const store = this.#store;
    if (store === null || this.#commits === null) return Promise.resolve();
    return this.#commits.write(() => {
      for (const id of gone) store.statement("DELETE FROM prompts WHERE id = ?").run(id);
      run(store);
    });
  }

  /** Reads the rows between two numbers, a few in each turn: what is asked for meanwhile is found already, or missed. */
  #read(after: number, below: number, end: End): void {
    try {
      const rows = this.#isClosed ? [] : this.#rows(after, below);
      for (const row of rows) this.#readRow(row);
      const last = Number(rows.at(-1)?.["id"] ?? below);
      if (rows.length === readAtOnce) this.#parts.later(() => this.#read(last, below, end));
      else end.done();
    } catch (error) {
      end.failed(error);
    }
  }

  #rows(after: number, below: number): Record<string, SQLOutputValue>[] {
    if (this.#store === null) return [];
    return this.#store
      .statement("SELECT * FROM prompts WHERE id > ? AND id < ? ORDER BY id LIMIT ?")
      .all(after, below, readAtOnce);
  }

  #readRow(row: Record<string, SQLOutputValue>): void {
    const id = Number(row["id"]);
    const read = readRow(row);
    if (read === null || !this.#index.restore({ id, ...read })) this.#gone.push(id);
  }
}

function insertRow(store: Store, id: number, entry: SemanticEntry, vector: Float32Array): void {
  const { key, partition, tenant, target, tags, prompt, answer } = entry;
  store
    .statement(
      "INSERT INTO prompts (id, key, partition, tenant, target, tags, prompt, stored, expires, answer, vector, observations) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]')",
    )
    .run(
      ...[id, key, partition, tenant, target, JSON.stringify(tags), prompt],
      ...[Math.round(entry.storedAtMs), Math.round(entry.expiresAtMs)],
      answer === null ? null : new Uint8Array(answer.buffer, answer.byteOffset, answer.length),
      new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
    );
}

/** A row's entry; null for one that somebody else has written. */
function readRow(row: Record<string, SQLOutputValue>): Omit<NumberedEntry, "id"> | null {
  const [tags, observations] = [listOf(row["tags"]), listOf(row["observations"])];
  const vector = floatsOf(row["vector"]);
  if (tags === null || observations === null || vector.length === 0) return null;
  return {
    entry: entryOf(row, tags.map(String)),
    vector,
    observations: observations.filter((each) => typeof each === "number"),
  };
}

function listOf(value: SQLOutputValue | undefined): readonly unknown[] | null {
  try {
    const read: unknown = JSON.parse(String(value));
    return Array.isArray(read) ? read : null;
  } catch {
    return null;
  }
}

function floatsOf(value: SQLOutputValue | undefined): Float32Array {
  // Copied: a blob may begin where no float may.
  return value instanceof Uint8Array
    ? new Float32Array(value.slice().buffer, 0, value.length >> 2)
    : new Float32Array();
}

function entryOf(row: Record<string, SQLOutputValue>, tags: readonly string[]): SemanticEntry {
  const answer = row["answer"];
  return {
    key: String(row["key"]),
    partition: String(row["partition"]),
    tenant: String(row["tenant"]),
    target: String(row["target"]),
    tags,
    prompt: String(row["prompt"]),
    storedAtMs: Number(row["stored"]),
    expiresAtMs: Number(row["expires"]),
    answer: answer instanceof Uint8Array ? new Int8Array(answer.slice().buffer) : null,
  };
}
