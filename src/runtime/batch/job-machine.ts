import type { Failure } from "../../protocol/failure.ts";
import type { ProviderBatch } from "../providers/batch-wire.ts";
import type { ProviderJob } from "../store/batch-records.ts";
import type { LaneLimits } from "./limits.ts";

/** What happens to a provider's batch of ours. */
export type JobEvent =
  /** Its next time has come. */
  | { readonly kind: "due" }
  /** The process was started anew: what a call was being made for then, it may have done or not. */
  | { readonly kind: "restarted" }
  | { readonly kind: "uploaded"; readonly id: string }
  /** What was looked for is not there: it was never made. */
  | { readonly kind: "absent" }
  /** What was looked for may be there; the provider does not tell yet. */
  | { readonly kind: "undecided" }
  /** The batch was made, found or looked at. */
  | { readonly kind: "told"; readonly batch: ProviderBatch }
  | { readonly kind: "cancel-taken" }
  | { readonly kind: "collected" }
  /** A call failed; `looking` when it was one that only looks for what may be there. */
  | { readonly kind: "failed"; readonly failure: Failure; readonly looking: boolean }
  /** Nobody waits for it any more. */
  | { readonly kind: "cancel" };

/** The call to be made, after the job is written as `job` says. */
export type JobAction =
  | { readonly kind: "upload" }
  | { readonly kind: "look-for-upload" }
  | { readonly kind: "create" }
  | { readonly kind: "look-for-batch" }
  | { readonly kind: "poll" }
  | { readonly kind: "cancel" }
  | { readonly kind: "collect" }
  /** The lines that are left get no result from here: for a failure, or as `unanswered` of the job says. */
  | { readonly kind: "give-up"; readonly failure: Failure | null };

export interface JobStep {
  readonly job: ProviderJob;
  readonly action: JobAction | null;
}

/** What cannot be told: whether the provider has the batch. Asking another target could pay for the same twice. */
export const uncertain: Failure = {
  cause: "network",
  retrySame: false,
  code: "batch_uncertain",
  message: "it could not be found out whether the provider has this request",
};

/**
 * Submits a batch to a provider once and follows it: pure. What a call would make is written down before the call; after a
 * crash, or an answer that never came, the provider is asked what it has before anything is sent again.
 */
export function stepJob(
  job: ProviderJob,
  event: JobEvent,
  { atMs, limits, uploads }: StepParts,
): JobStep {
  switch (event.kind) {
    case "due":
      return due(job, atMs, uploads);
    case "restarted":
      return isCalling(job) ? wait({ ...job, doubtful: true, nextAtMs: atMs }) : wait(job);
    case "uploaded": {
      const next = { ...job, state: "creating" as const, uploadId: event.id };
      return { job: { ...next, doubtful: false, tries: 0 }, action: { kind: "create" } };
    }
    case "absent":
      return {
        job: { ...job, doubtful: false },
        action: { kind: job.state === "uploading" ? "upload" : "create" },
      };
    case "undecided":
      return wait(later(job, limits.pollFirstMs, limits.pollMostMs, atMs));
    case "told":
      return told(job, event.batch, { atMs, limits, uploads });
    case "cancel-taken":
      return wait({ ...job, cancel: "sent", tries: 0, nextAtMs: atMs + limits.pollFirstMs });
    case "collected":
      return { job: { ...job, state: "over" }, action: { kind: "give-up", failure: null } };
    case "failed":
      return failed(job, event, { atMs, limits, uploads });
    case "cancel":
      return job.cancel === "no" ? wait({ ...job, cancel: "wanted", nextAtMs: atMs }) : wait(job);
  }
}

export interface StepParts {
  readonly atMs: number;
  readonly limits: LaneLimits;
  /** Whether the provider wants lines uploaded before the batch is made. */
  readonly uploads: boolean;
}

function wait(job: ProviderJob): JobStep {
  return { job, action: null };
}

function isCalling({ state }: ProviderJob): boolean {
  return state === "uploading" || state === "creating";
}

/** Puts the next look off, twice as long each time. */
function later(job: ProviderJob, firstMs: number, mostMs: number, atMs: number): ProviderJob {
  const waitMs = Math.min(mostMs, firstMs * 2 ** Math.min(job.tries, 20));
  return { ...job, tries: job.tries + 1, nextAtMs: atMs + waitMs };
}

function due(job: ProviderJob, atMs: number, uploads: boolean): JobStep {
  switch (job.state) {
    case "new": {
      if (job.cancel !== "no") return giveUp({ ...job, unanswered: "cancelled" }, null);
      const state = uploads ? "uploading" : "creating";
      const begun: ProviderJob = { ...job, state, doubtful: false, begunAtMs: atMs };
      return { job: begun, action: { kind: uploads ? "upload" : "create" } };
    }
    case "uploading":
      return { job, action: { kind: job.doubtful ? "look-for-upload" : "upload" } };
    case "creating":
      return { job, action: { kind: job.doubtful ? "look-for-batch" : "create" } };
    case "running":
      return { job, action: { kind: job.cancel === "wanted" ? "cancel" : "poll" } };
    case "collecting":
      return { job, action: { kind: "collect" } };
    case "over":
      return wait(job);
  }
}

function giveUp(job: ProviderJob, failure: Failure | null): JobStep {
  return { job: { ...job, state: "over" }, action: { kind: "give-up", failure } };
}

function told(job: ProviderJob, batch: ProviderBatch, { atMs, limits }: StepParts): JobStep {
  const isNew = job.state !== "running";
  const known: ProviderJob = {
    ...job,
    state: "running",
    doubtful: false,
    batchId: batch.id,
    tries: isNew ? 0 : job.tries,
    unanswered: batch.unanswered === "lost" && job.cancel !== "no" ? "cancelled" : batch.unanswered,
  };
  if (batch.state === "failed") return giveUp(known, batch.failure);
  if (batch.state === "ended") {
    const ended: ProviderJob = { ...known, state: "collecting", results: batch.results, tries: 0 };
    return { job: ended, action: { kind: "collect" } };
  }
  if (isNew && job.cancel === "wanted") return { job: known, action: { kind: "cancel" } };
  return wait(later(known, limits.pollFirstMs, limits.pollMostMs, atMs));
}

function failed(
  job: ProviderJob,
  { failure, looking }: Extract<JobEvent, { kind: "failed" }>,
  { atMs, limits }: StepParts,
): JobStep {
  const hintMs = Math.max(limits.retryFirstMs, failure.retryAfterMs ?? 0);
  const again = later(job, hintMs, Math.max(hintMs, limits.retryMostMs), atMs);
  if (isCalling(job)) {
    if (!isFinal(failure)) return wait({ ...again, doubtful: true });
    return giveUp(job, looking ? uncertain : failure);
  }
  // What was submitted is paid for: only a provider that knows nothing of it is believed.
  if (failure.status === 404) return giveUp(job, failure);
  if (job.cancel === "wanted" && isFinal(failure)) return wait({ ...again, cancel: "sent" });
  return wait(again);
}

/** Whether the provider has looked at a call and refused it, so that it made nothing and never will. */
function isFinal({ status = 0, retrySame }: Failure): boolean {
  return !retrySame && status >= 400 && status < 500;
}
