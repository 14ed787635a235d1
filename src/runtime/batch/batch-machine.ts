import type { Usage } from "../../protocol/usage.ts";
import type { Batch, BatchError, BatchStatus } from "../store/batch-records.ts";
import { hasEnded } from "../store/batch-store.ts";

/** What happens to a batch. */
export type BatchEvent =
  | { readonly kind: "validated"; readonly total: number }
  | { readonly kind: "invalid"; readonly errors: readonly BatchError[] }
  | { readonly kind: "line-ended"; readonly ok: boolean; readonly usage: Usage | null }
  | { readonly kind: "cancel" }
  | { readonly kind: "expire" }
  /** Its result files are there. */
  | { readonly kind: "filed"; readonly output: string | null; readonly error: string | null };

export interface BatchStep {
  readonly batch: Batch;
  /** Make the files of its results in the same commit, then tell `filed`. */
  readonly action: "write-files" | null;
}

/** Whether the lines of a batch that are with nobody end without an answer, and why. */
export function endsLines(batch: Batch): "batch_cancelled" | "batch_expired" | null {
  if (batch.status === "cancelling") return "batch_cancelled";
  return batch.status === "in_progress" && batch.since.expired !== undefined
    ? "batch_expired"
    : null;
}

/**
 * The life of a batch as its clients see it: pure, events in, the next state and what to do out. An event that means nothing
 * in the present status changes nothing.
 */
export function stepBatch(batch: Batch, event: BatchEvent, atMs: number): BatchStep {
  if (hasEnded(batch)) return { batch, action: null };
  switch (event.kind) {
    case "validated":
      if (batch.status !== "validating") return { batch, action: null };
      return { batch: enter({ ...batch, total: event.total }, "in_progress", atMs), action: null };
    case "invalid":
      if (batch.status !== "validating") return { batch, action: null };
      return { batch: enter({ ...batch, errors: event.errors }, "failed", atMs), action: null };
    case "line-ended":
      return lineEnded(batch, event, atMs);
    case "cancel":
      return cancel(batch, atMs);
    case "expire":
      if (batch.status === "validating" || batch.since.expired !== undefined)
        return { batch, action: null };
      return { batch: { ...batch, since: { ...batch.since, expired: atMs } }, action: null };
    case "filed":
      return filed(batch, event, atMs);
  }
}

function enter(batch: Batch, status: BatchStatus, atMs: number): Batch {
  return { ...batch, status, since: { ...batch.since, [status]: atMs } };
}

function lineEnded(
  batch: Batch,
  { ok, usage }: Extract<BatchEvent, { kind: "line-ended" }>,
  atMs: number,
): BatchStep {
  const counted: Batch = {
    ...batch,
    completed: batch.completed + (ok ? 1 : 0),
    failed: batch.failed + (ok ? 0 : 1),
    usage: usage === null ? batch.usage : addUsage(batch.usage, usage),
  };
  if (counted.completed + counted.failed < counted.total) return { batch: counted, action: null };
  const isLast = counted.status === "in_progress";
  return { batch: isLast ? enter(counted, "finalizing", atMs) : counted, action: "write-files" };
}

function addUsage(sum: Batch["usage"], usage: Usage): Batch["usage"] {
  return {
    input: sum.input + usage.inputTokens,
    cached: sum.cached + usage.cachedReadTokens,
    output: sum.output + usage.outputTokens,
    reasoning: sum.reasoning + usage.reasoningTokens,
  };
}

function cancel(batch: Batch, atMs: number): BatchStep {
  if (batch.status === "validating")
    return { batch: enter(enter(batch, "cancelling", atMs), "cancelled", atMs), action: null };
  if (batch.status !== "in_progress") return { batch, action: null };
  return { batch: enter(batch, "cancelling", atMs), action: null };
}

function filed(
  batch: Batch,
  { output, error }: Extract<BatchEvent, { kind: "filed" }>,
  atMs: number,
): BatchStep {
  const done: Batch = { ...batch, outputFile: output, errorFile: error };
  const status = batch.status === "cancelling" ? "cancelled" : "completed";
  return {
    batch: enter(done, batch.since.expired === undefined ? status : "expired", atMs),
    action: null,
  };
}
