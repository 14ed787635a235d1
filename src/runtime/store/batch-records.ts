/** A file of a client: lines that were uploaded, or the results of a batch, which are read from its lines. */
export interface BatchFile {
  readonly id: string;
  /** Name of the client's key; empty where none are configured. */
  readonly owner: string;
  readonly purpose: "batch" | "batch_output";
  readonly filename: string;
  readonly bytes: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Whose results it holds, the answered lines or the others; null for an upload. */
  readonly results: { readonly batch: string; readonly ok: boolean } | null;
}

export type BatchStatus =
  | "validating"
  | "in_progress"
  | "finalizing"
  | "completed"
  | "failed"
  | "expired"
  | "cancelling"
  | "cancelled";

/** What is wrong with an input file, by its line, counted from 1. */
export interface BatchError {
  readonly code: string;
  readonly line: number | null;
  readonly message: string;
  readonly param: string | null;
}

/** Tokens of all answered lines together. */
export interface BatchUsage {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
}

/** Many requests of one client to one endpoint, answered within a day. Times are milliseconds since the epoch. */
export interface Batch {
  readonly id: string;
  readonly owner: string;
  readonly inputFile: string;
  /** Path of the surface that reads its lines, e.g. `/v1/chat/completions`. */
  readonly endpoint: string;
  /** Whether it is one request that a policy let wait, and no batch that a client made. */
  readonly single: boolean;
  readonly status: BatchStatus;
  readonly createdAtMs: number;
  /** When what is not answered expires. */
  readonly expiresAtMs: number;
  /** When each later status was entered. */
  readonly since: Readonly<Partial<Record<BatchStatus, number>>>;
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly usage: BatchUsage;
  readonly outputFile: string | null;
  readonly errorFile: string | null;
  readonly errors: readonly BatchError[];
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Headers of the request that made it, as far as policies may read them or its lines are read with them. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * `read` waits for its decision, `queued` for a provider's batch to be made, `sent` is in one, `live` waits to be asked at
 * once, `done` has its result.
 */
export type LineState = "read" | "queued" | "sent" | "live" | "done";

/** One request of a batch. Its body is a range of the input file. */
export interface BatchLine {
  readonly batch: string;
  /** Counts from 0. */
  readonly n: number;
  readonly customId: string;
  readonly offset: number;
  readonly length: number;
  readonly state: LineState;
  readonly deadlineMs: number;
  /** JSON of what was decided; null before. */
  readonly work: string | null;
  /** The provider's batch it is in, and its place there; null for none. */
  readonly job: string | null;
  readonly jobPlace: number | null;
}

/**
 * `new` is not submitted. `uploading` and `creating` are written before the call they name: found so at a start, nobody knows
 * whether it was made. `running` is with the provider, `collecting` has results there, `over` is done with.
 */
export type JobState = "new" | "uploading" | "creating" | "running" | "collecting" | "over";

/** Lines for one target that are a batch at its provider. */
export interface ProviderJob {
  readonly id: string;
  readonly target: string;
  /** Path of the provider's endpoint. */
  readonly path: string;
  /** Headers of its lines that a provider takes with a batch as a whole; jobs of earlier versions have none. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly lines: number;
  /** What told the target's model from others when the lines were sent; absent before, and where it changed between two tries. */
  readonly identity?: string | null;
  readonly state: JobState;
  /** Whether the call of its state may have been made without its answer being known. */
  readonly doubtful: boolean;
  readonly uploadId: string | null;
  readonly batchId: string | null;
  /** What the provider's results are fetched by. */
  readonly results: readonly string[];
  /** Why lines without a result have none. */
  readonly unanswered: "expired" | "cancelled" | "lost";
  /** When the present call was begun. */
  readonly begunAtMs: number;
  readonly tries: number;
  readonly nextAtMs: number;
  readonly deadlineMs: number;
  readonly cancel: "no" | "wanted" | "sent";
}
