import type { BatchFile } from "./batch-records.ts";
import { type Store, StoreError } from "./sqlite.ts";

/** Bytes of one row of a file: small enough that writing it holds nobody up. */
const chunkBytes = 256 * 1024;

/** Where a page of a list begins and how long it is. */
export interface PageOf {
  /** Id behind which it begins; null for the start. */
  readonly after: string | null;
  readonly limit: number;
  readonly order: "asc" | "desc";
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

/** Takes the bytes of an upload as they come. Nothing of it is there for anybody before `finish`. */
export interface FileWriter {
  readonly id: string;
  readonly bytes: number;
  write(bytes: Uint8Array): void;
  /** Keeps it. Where that fails what was written is forgotten, and the error is thrown. */
  finish(about: { readonly filename: string; readonly expiresAtMs: number }): BatchFile;
  /** Forgets what was written; what a store without room cannot delete goes with a later upload. */
  drop(): void;
}

export type NewFile = Omit<BatchFile, "bytes">;

/** The files of all clients; each sees its own alone. */
export class FileStore {
  readonly #store: Store;
  readonly #uploads: Uploads = { open: new Set(), left: new Set() };
  #last: { readonly id: string; readonly n: number; readonly bytes: Uint8Array } | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Drops what was being uploaded when the process ended. */
  recover(): void {
    this.#store.statement("DELETE FROM files WHERE ready = 0").run();
  }

  /** Begins an upload. */
  open(file: NewFile): FileWriter {
    this.#dropLeft();
    this.#insert(file, 0, false);
    return new Writer(this.#store, file, this.#uploads);
  }

  #dropLeft(): void {
    const { left } = this.#uploads;
    for (const id of left) {
      dropFile(this.#store, id);
      left.delete(id);
    }
  }

  /** Keeps a whole small file; belongs into a transaction with what refers to it. */
  put(file: NewFile, content: Uint8Array): BatchFile {
    this.#insert(file, content.length, true);
    for (let at = 0, n = 0; at < content.length; at += chunkBytes, n += 1)
      insertChunk(this.#store, file.id, n, content.subarray(at, at + chunkBytes));
    return { ...file, bytes: content.length };
  }

  /** Names the results of a batch as a file; its bytes stay with the lines. */
  putResults(file: NewFile, bytes: number): void {
    this.#insert(file, bytes, true);
  }

  #insert(file: NewFile, bytes: number, ready: boolean): void {
    this.#store
      .statement(
        "INSERT INTO files (id, owner, purpose, filename, bytes, created_at, expires_at, batch, ok, ready) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      )
      .run(
        ...[file.id, file.owner, file.purpose, file.filename, bytes],
        ...[file.createdAtMs, file.expiresAtMs, file.results?.batch ?? null],
        ...[file.results === null ? null : Number(file.results.ok), Number(ready)],
      );
  }

  get(owner: string, id: string): BatchFile | null {
    const row = this.#store
      .statement("SELECT * FROM files WHERE id = ? AND owner = ? AND ready = 1")
      .get(id, owner);
    return row === undefined ? null : fileOf(row);
  }

  list(owner: string, { after, limit, order }: PageOf, purpose: string | null): Page<BatchFile> {
    const from = after === null ? null : placeOf(this.#store, "files", after);
    const compared = order === "asc" ? ">" : "<";
    const rows = this.#store
      .statement(
        `SELECT * FROM files WHERE owner = ? AND ready = 1 AND (? IS NULL OR purpose = ?) AND (? IS NULL OR rowid ${compared} ?) ORDER BY rowid ${order} LIMIT ?`,
      )
      .all(owner, purpose, purpose, from, from, limit + 1);
    return { items: rows.slice(0, limit).map(fileOf), more: rows.length > limit };
  }

  delete(id: string): void {
    this.#last = null;
    dropFile(this.#store, id);
  }

  /** Bytes that an owner's files take, results and what is being uploaded included. */
  bytesOf(owner: string): number {
    const row = this.#store
      .statement("SELECT coalesce(sum(bytes), 0) AS bytes FROM files WHERE owner = ?")
      .get(owner);
    let bytes = Number(row?.["bytes"]);
    for (const writer of this.#uploads.open) if (writer.owner === owner) bytes += writer.bytes;
    return bytes;
  }

  /** Deletes the files whose time is over, but for inputs of batches that still run; how many. */
  expire(nowMs: number): number {
    this.#last = null;
    this.#dropLeft();
    const { changes } = this.#store
      .statement(
        "DELETE FROM files WHERE expires_at <= ? AND id NOT IN (SELECT input FROM batches WHERE ended = 0)",
      )
      .run(nowMs);
    return Number(changes);
  }

  /** The bytes of an upload's piece; null behind the last. */
  chunk(id: string, n: number): Uint8Array | null {
    const last = this.#last;
    if (last !== null && last.id === id && last.n === n) return last.bytes;
    const bytes = this.#readChunk(id, n);
    // Lines are read one behind the other, and an upload never changes.
    this.#last = bytes === null ? null : { id, n, bytes };
    return bytes;
  }

  #readChunk(id: string, n: number): Uint8Array | null {
    const row = this.#store
      .statement("SELECT bytes FROM chunks WHERE file = ? AND n = ?")
      .get(id, n);
    return row === undefined ? null : (row["bytes"] as Uint8Array);
  }

  /** A range of an upload; null when the file is gone. */
  range(id: string, offset: number, length: number): Uint8Array | null {
    const out = Buffer.alloc(length);
    let filled = 0;
    for (let n = Math.floor(offset / chunkBytes); filled < length; n += 1) {
      const chunk = this.chunk(id, n);
      if (chunk === null) return null;
      const from = Math.max(0, offset - n * chunkBytes);
      const part = chunk.subarray(from, Math.min(chunk.length, from + length - filled));
      out.set(part, filled);
      filled += part.length;
    }
    return out;
  }
}

/** Uploads under way; and the ids of those that ended, and could not be deleted then. */
interface Uploads {
  readonly open: Set<Writer>;
  readonly left: Set<string>;
}

class Writer implements FileWriter {
  readonly id: string;
  readonly owner: string;
  readonly #store: Store;
  readonly #file: NewFile;
  readonly #uploads: Uploads;
  readonly #buffer = Buffer.alloc(chunkBytes);
  #held = 0;
  #chunks = 0;

  constructor(store: Store, file: NewFile, uploads: Uploads) {
    this.#store = store;
    this.#file = file;
    this.#uploads = uploads;
    this.id = file.id;
    this.owner = file.owner;
    uploads.open.add(this);
  }

  get bytes(): number {
    return this.#chunks * chunkBytes + this.#held;
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + chunkBytes - this.#held);
      this.#buffer.set(part, this.#held);
      this.#held += part.length;
      at += part.length;
      if (this.#held < chunkBytes) continue;
      this.#store.relaxed(() => insertChunk(this.#store, this.id, this.#chunks, this.#buffer));
      this.#chunks += 1;
      this.#held = 0;
    }
  }

  finish(about: { readonly filename: string; readonly expiresAtMs: number }): BatchFile {
    const { bytes } = this;
    try {
      this.#store.transaction(() => this.#keep(bytes, about));
    } catch (error) {
      this.drop();
      throw error;
    }
    this.#uploads.open.delete(this);
    return { ...this.#file, ...about, bytes };
  }

  #keep(bytes: number, about: { readonly filename: string; readonly expiresAtMs: number }): void {
    if (this.#held > 0)
      insertChunk(this.#store, this.id, this.#chunks, this.#buffer.subarray(0, this.#held));
    this.#store
      .statement("UPDATE files SET bytes = ?, filename = ?, expires_at = ?, ready = 1 WHERE id = ?")
      .run(bytes, about.filename, about.expiresAtMs, this.id);
  }

  drop(): void {
    this.#uploads.open.delete(this);
    try {
      dropFile(this.#store, this.id);
    } catch (error) {
      // Deleting takes room too. Why there is none was told by what failed before, or is by the next upload.
      if (!(error instanceof StoreError)) throw error;
      this.#uploads.left.add(this.id);
    }
  }
}

function dropFile(store: Store, id: string): void {
  store.statement("DELETE FROM files WHERE id = ?").run(id);
}

function insertChunk(store: Store, file: string, n: number, bytes: Uint8Array): void {
  store.statement("INSERT INTO chunks (file, n, bytes) VALUES (?, ?, ?)").run(file, n, bytes);
}

/** Where an id stands in a table; a place before all others for one that is not there, so that its page is empty or whole. */
export function placeOf(store: Store, table: "files" | "batches", id: string): number {
  const row = store.statement(`SELECT rowid AS place FROM ${table} WHERE id = ?`).get(id);
  return row === undefined ? -1 : Number(row["place"]);
}

type Row = Readonly<Record<string, unknown>>;

function fileOf(row: Row): BatchFile {
  return {
    id: String(row["id"]),
    owner: String(row["owner"]),
    purpose: row["purpose"] === "batch" ? "batch" : "batch_output",
    filename: String(row["filename"]),
    bytes: Number(row["bytes"]),
    createdAtMs: Number(row["created_at"]),
    expiresAtMs: Number(row["expires_at"]),
    results: row["batch"] === null ? null : { batch: String(row["batch"]), ok: row["ok"] === 1 },
  };
}
