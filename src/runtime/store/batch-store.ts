import type { Batch, BatchLine, BatchStatus, LineState, ProviderJob } from "./batch-records.ts";
import { FileStore, type Page, type PageOf, placeOf } from "./file-store.ts";
import { openStore, type Store } from "./sqlite.ts";

/** From one version of the store's file to the next. */
export const migrations: readonly string[] = [
  `CREATE TABLE files (
     id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, purpose TEXT NOT NULL, filename TEXT NOT NULL, bytes INTEGER NOT NULL,
     created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, batch TEXT, ok INTEGER, ready INTEGER NOT NULL) STRICT;
   CREATE INDEX files_of_owner ON files (owner);
   CREATE TABLE chunks (
     file TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE, n INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (file, n)) STRICT;
   CREATE TABLE batches (
     id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, input TEXT NOT NULL, single INTEGER NOT NULL, status TEXT NOT NULL, ended INTEGER NOT NULL,
     expires_at INTEGER NOT NULL, kept_until INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
   CREATE INDEX batches_of_owner ON batches (owner);
   CREATE INDEX batches_at_work ON batches (ended, status);
   CREATE TABLE jobs (
     id TEXT NOT NULL UNIQUE, target TEXT NOT NULL, batch_id TEXT, over INTEGER NOT NULL, next_at INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
   CREATE INDEX jobs_at_work ON jobs (over, next_at);
   CREATE INDEX jobs_by_batch ON jobs (batch_id);
   CREATE TABLE lines (
     batch TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE, n INTEGER NOT NULL, custom_id TEXT NOT NULL,
     start INTEGER NOT NULL, length INTEGER NOT NULL, state TEXT NOT NULL, deadline INTEGER NOT NULL, work TEXT,
     waits_for TEXT, since INTEGER, job TEXT, job_place INTEGER, ok INTEGER, result TEXT, bytes INTEGER, UNIQUE (batch, n)) STRICT;
   CREATE INDEX lines_waiting ON lines (state, n, batch) WHERE state <> 'done';
   CREATE INDEX lines_held ON lines (batch, state) WHERE state <> 'done';
   CREATE INDEX lines_due ON lines (deadline) WHERE state <> 'done';
   CREATE INDEX lines_in_group ON lines (waits_for, since) WHERE state = 'queued';
   CREATE INDEX lines_of_job ON lines (job, job_place);
   CREATE UNIQUE INDEX lines_by_custom_id ON lines (batch, custom_id);`,
];

/** A line as the input file has it. */
export type NewLine = Pick<BatchLine, "n" | "customId" | "offset" | "length">;

/** Lines of one target and endpoint that wait for a provider's batch to be made of them. */
export interface WaitingGroup {
  readonly key: string;
  readonly lines: number;
  readonly sinceMs: number;
}

const ended: ReadonlySet<BatchStatus> = new Set(["completed", "failed", "expired", "cancelled"]);

/** Whether nothing more happens to a batch. */
export function hasEnded({ status }: Pick<Batch, "status">): boolean {
  return ended.has(status);
}

/** Opens the store of batches and files at a path, or makes it. */
export function openBatchStore(path: string): BatchStore {
  return new BatchStore(openStore(path, migrations));
}

/** Batches, their lines, and what is under way at providers. Each call is one commit unless `transaction` holds several. */
export class BatchStore {
  readonly files: FileStore;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.files = new FileStore(store);
  }

  transaction<T>(run: () => T): T {
    return this.#store.transaction(run);
  }

  close(): void {
    this.#store.close();
  }

  saveBatch(batch: Batch, keptUntilMs: number): void {
    this.#store
      .statement(
        "INSERT INTO batches (id, owner, input, single, status, ended, expires_at, kept_until, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET status = excluded.status, ended = excluded.ended, kept_until = excluded.kept_until, state = excluded.state",
      )
      .run(
        ...[batch.id, batch.owner, batch.inputFile, Number(batch.single)],
        ...[batch.status, Number(hasEnded(batch))],
        ...[batch.expiresAtMs, keptUntilMs, JSON.stringify(batch)],
      );
  }

  /** A batch whoever owns it. */
  batch(id: string): Batch | null {
    return batchOf(this.#store.statement("SELECT state FROM batches WHERE id = ?").get(id));
  }

  batchOfOwner(owner: string, id: string): Batch | null {
    return batchOf(
      this.#store.statement("SELECT state FROM batches WHERE id = ? AND owner = ?").get(id, owner),
    );
  }

  /** The owner's batches, the newest first. */
  listBatches(owner: string, { after, limit }: Pick<PageOf, "after" | "limit">): Page<Batch> {
    const from = after === null ? null : placeOf(this.#store, "batches", after);
    const rows = this.#store
      .statement(
        "SELECT state FROM batches WHERE owner = ? AND (? IS NULL OR rowid < ?) ORDER BY rowid DESC LIMIT ?",
      )
      .all(owner, from, from, limit + 1);
    const items = rows.slice(0, limit).flatMap((row) => batchOf(row) ?? []);
    return { items, more: rows.length > limit };
  }

  /** The batches that the owner made and that have not ended. */
  atWork(owner: string): number {
    return this.#count(
      "SELECT count(*) AS n FROM batches WHERE owner = ? AND ended = 0 AND single = 0",
      owner,
    );
  }

  /** Whether a batch that has not ended reads from a file. */
  isInUse(file: string): boolean {
    const sql = "SELECT count(*) AS n FROM batches WHERE input = ? AND ended = 0";
    return this.#count(sql, file) > 0;
  }

  /** Batches in a status, the oldest first. */
  inStatus(status: BatchStatus): readonly Batch[] {
    return this.#store
      .statement("SELECT state FROM batches WHERE ended = 0 AND status = ? ORDER BY rowid")
      .all(status)
      .flatMap((row) => batchOf(row) ?? []);
  }

  /** Forgets ended batches, with their lines, that are kept no longer; how many. */
  expireBatches(nowMs: number): number {
    const { changes } = this.#store
      .statement("DELETE FROM batches WHERE ended = 1 AND kept_until <= ?")
      .run(nowMs);
    this.#store
      .statement(
        "DELETE FROM jobs WHERE over = 1 AND id NOT IN (SELECT job FROM lines WHERE job IS NOT NULL)",
      )
      .run();
    return Number(changes);
  }

  addLines(batch: Pick<Batch, "id" | "expiresAtMs">, lines: readonly NewLine[]): void {
    const insert = this.#store.statement(
      "INSERT INTO lines (batch, n, custom_id, start, length, state, deadline) VALUES (?, ?, ?, ?, ?, 'read', ?)",
    );
    for (const { n, customId, offset, length } of lines)
      insert.run(batch.id, n, customId, offset, length, batch.expiresAtMs);
  }

  dropLines(batch: string): void {
    this.#store.statement("DELETE FROM lines WHERE batch = ?").run(batch);
  }

  line(batch: string, n: number): BatchLine | null {
    const sql = `SELECT ${lineColumns} FROM lines WHERE batch = ? AND n = ?`;
    const row = this.#store.statement(sql).get(batch, n);
    return row === undefined ? null : lineOf(row);
  }

  /** The first lines in a state of batches in progress, all batches in turn. */
  linesIn(state: LineState, limit: number): readonly BatchLine[] {
    const sql = `SELECT ${lineColumns} FROM lines WHERE state = ? AND state <> 'done' AND batch IN (SELECT id FROM batches WHERE ended = 0 AND status = 'in_progress') ORDER BY n, batch LIMIT ?`;
    return this.#store.statement(sql).all(state, limit).map(lineOf);
  }

  /** Lines of a batch that have no result yet and are not with a provider. */
  heldLines(batch: string, limit: number): readonly BatchLine[] {
    const sql = `SELECT ${lineColumns} FROM lines WHERE batch = ? AND state IN ('read', 'queued', 'live') AND state <> 'done' LIMIT ?`;
    return this.#store.statement(sql).all(batch, limit).map(lineOf);
  }

  holdsLines(batch: string): boolean {
    return this.heldLines(batch, 1).length > 0;
  }

  /** Lines without a result whose time is over; those with a provider have some grace. */
  overdueLines(nowMs: number, graceMs: number, limit: number): readonly BatchLine[] {
    const sql = `SELECT ${lineColumns} FROM lines WHERE state <> 'done' AND deadline <= ? AND (state <> 'sent' OR deadline <= ?) LIMIT ?`;
    return this.#store
      .statement(sql)
      .all(nowMs, nowMs - graceMs, limit)
      .map(lineOf);
  }

  /** When the next line's time is over; null without one. */
  nextDeadline(): number | null {
    const row = this.#store
      .statement("SELECT min(deadline) AS at FROM lines WHERE state <> 'done'")
      .get();
    return typeof row?.["at"] === "number" ? row["at"] : null;
  }

  /** Lines that wait for their provider's batch, by target and endpoint. */
  groups(): readonly WaitingGroup[] {
    return this.#store
      .statement(
        "SELECT waits_for, count(*) AS lines, min(since) AS since FROM lines WHERE state = 'queued' GROUP BY waits_for",
      )
      .all()
      .map((row) => ({
        key: String(row["waits_for"]),
        lines: Number(row["lines"]),
        sinceMs: Number(row["since"]),
      }));
  }

  /** The lines of a group, the longest waiting first. */
  groupLines(key: string, limit: number): readonly BatchLine[] {
    const sql = `SELECT ${lineColumns} FROM lines WHERE state = 'queued' AND waits_for = ? ORDER BY since, batch, n LIMIT ?`;
    return this.#store.statement(sql).all(key, limit).map(lineOf);
  }

  /** Puts a decided line where it waits: in a group for a provider's batch, or to be asked at once. */
  decide(
    { batch, n }: Pick<BatchLine, "batch" | "n">,
    decided: {
      readonly work: string;
      readonly deadlineMs: number;
      readonly group: string | null;
      readonly atMs: number;
    },
  ): void {
    const { work, deadlineMs, group, atMs } = decided;
    this.#store
      .statement(
        "UPDATE lines SET state = ?, work = ?, deadline = ?, waits_for = ?, since = ?, job = NULL, job_place = NULL WHERE batch = ? AND n = ? AND state <> 'done'",
      )
      .run(group === null ? "live" : "queued", work, deadlineMs, group, atMs, batch, n);
  }

  send({ batch, n }: Pick<BatchLine, "batch" | "n">, job: string, place: number): void {
    this.#store
      .statement(
        "UPDATE lines SET state = 'sent', job = ?, job_place = ? WHERE batch = ? AND n = ? AND state = 'queued'",
      )
      .run(job, place, batch, n);
  }

  /** Gives a line its result, once; false when it had one. What was decided is no longer needed then. */
  finish(
    { batch, n }: Pick<BatchLine, "batch" | "n">,
    { ok, text }: { readonly ok: boolean; readonly text: string },
  ): boolean {
    const { changes } = this.#store
      .statement(
        "UPDATE lines SET state = 'done', ok = ?, result = ?, bytes = ?, work = NULL WHERE batch = ? AND n = ? AND state <> 'done'",
      )
      .run(Number(ok), text, Buffer.byteLength(text) + 1, batch, n);
    return Number(changes) === 1;
  }

  /** Results of a batch behind a line, in the order of its lines. */
  results(
    batch: string,
    ok: boolean,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): readonly { readonly n: number; readonly text: string }[] {
    return this.#store
      .statement(
        "SELECT n, result FROM lines WHERE batch = ? AND state = 'done' AND ok = ? AND result IS NOT NULL AND n > ? ORDER BY n LIMIT ?",
      )
      .all(batch, Number(ok), after, limit)
      .map((row) => ({ n: Number(row["n"]), text: String(row["result"]) }));
  }

  /** Forgets the results of a batch, those of answered lines or the others. */
  dropResults(batch: string, ok: boolean): void {
    this.#store
      .statement("UPDATE lines SET result = NULL, bytes = NULL WHERE batch = ? AND ok = ?")
      .run(batch, Number(ok));
  }

  /** Bytes of the file that a batch's results are, a line feed behind each; 0 for none. */
  resultBytes(batch: string, ok: boolean): number {
    const sql =
      "SELECT coalesce(sum(bytes), 0) AS n FROM lines WHERE batch = ? AND state = 'done' AND ok = ?";
    return this.#count(sql, batch, Number(ok));
  }

  saveJob(job: ProviderJob): void {
    this.#store
      .statement(
        "INSERT INTO jobs (id, target, batch_id, over, next_at, state) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET batch_id = excluded.batch_id, over = excluded.over, next_at = excluded.next_at, state = excluded.state",
      )
      .run(
        ...[job.id, job.target, job.batchId, Number(job.state === "over"), job.nextAtMs],
        JSON.stringify(job),
      );
  }

  job(id: string): ProviderJob | null {
    const row = this.#store.statement("SELECT state FROM jobs WHERE id = ?").get(id);
    return row === undefined ? null : (JSON.parse(String(row["state"])) as ProviderJob);
  }

  /** Jobs that are not over, the next due first. */
  jobsAtWork(): readonly ProviderJob[] {
    return this.#store
      .statement("SELECT state FROM jobs WHERE over = 0 ORDER BY next_at")
      .all()
      .map((row) => JSON.parse(String(row["state"])) as ProviderJob);
  }

  /** Whether a provider's batch is known to be one of ours. */
  knowsProviderBatch(batchId: string): boolean {
    return this.#count("SELECT count(*) AS n FROM jobs WHERE batch_id = ?", batchId) > 0;
  }

  /** Lines of a job without a result, behind a place. */
  jobLines(
    job: string,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): readonly BatchLine[] {
    const sql = `SELECT ${lineColumns} FROM lines WHERE job = ? AND state = 'sent' AND job_place > ? ORDER BY job_place LIMIT ?`;
    return this.#store.statement(sql).all(job, after, limit).map(lineOf);
  }

  /** How many lines of a job somebody still waits for: those of batches in progress, and all. */
  jobWanted(job: string): { readonly wanted: number; readonly open: number } {
    const row = this.#store
      .statement(
        "SELECT count(*) AS open, coalesce(sum(batches.status = 'in_progress'), 0) AS wanted FROM lines JOIN batches ON batches.id = lines.batch WHERE job = ? AND lines.state = 'sent'",
      )
      .get(job);
    return { wanted: Number(row?.["wanted"]), open: Number(row?.["open"]) };
  }

  jobLine(job: string, place: number): BatchLine | null {
    const sql = `SELECT ${lineColumns} FROM lines WHERE job = ? AND job_place = ? AND state = 'sent'`;
    const row = this.#store.statement(sql).get(job, place);
    return row === undefined ? null : lineOf(row);
  }

  #count(sql: string, ...parameters: readonly (string | number)[]): number {
    return Number(this.#store.statement(sql).get(...parameters)?.["n"]);
  }
}

type Row = Readonly<Record<string, unknown>>;

const lineColumns = "batch, n, custom_id, start, length, state, deadline, work, job, job_place";

function lineOf(row: Row): BatchLine {
  return {
    batch: String(row["batch"]),
    n: Number(row["n"]),
    customId: String(row["custom_id"]),
    offset: Number(row["start"]),
    length: Number(row["length"]),
    state: row["state"] as LineState,
    deadlineMs: Number(row["deadline"]),
    work: row["work"] === null ? null : String(row["work"]),
    job: row["job"] === null ? null : String(row["job"]),
    jobPlace: row["job_place"] === null ? null : Number(row["job_place"]),
  };
}

function batchOf(row: Row | undefined): Batch | null {
  return row === undefined ? null : (JSON.parse(String(row["state"])) as Batch);
}
