import { hashToUnit } from "../../base/hash.ts";
import type { Failure } from "../../protocol/failure.ts";
import { type LoggedAttempt, unansweredStatus } from "../logged-request.ts";
import { outageScript } from "../models/draw-attempt.ts";
import { type Quantiles, quantileAt } from "../models/quantiles.ts";
import { loggedAttempt, loggedFailure } from "./attempt-scripts.ts";
import type { Conditions, Refusal } from "./conditions.ts";
import type { Learnt } from "./learnt.ts";
import type { WaitingLine } from "./waiting-line.ts";

/**
 * How long a batch is taken to take where nobody knows: an hour. Anthropic says that most end in less
 * (platform.claude.com/docs/en/build-with-claude/batch-processing), OpenAI that all do within a day, often sooner
 * (help.openai.com/en/articles/9197833-batch-api-faq).
 */
export const assumedBatchMs: Quantiles = [3_600_000];

/** After so long both providers end a batch, whatever has an answer (the same pages). */
export const providerWindowMs = 86_400_000;

/** What the log tells of a request in a provider's batch. */
export interface PlayedResult {
  /** From the making of the batch; Infinity where it never came. */
  readonly tookMs: number;
  /** Null for an answer. */
  readonly failure: Failure | null;
}

export interface BatchTimesParts {
  readonly conditions: Conditions;
  readonly learnt: Learnt;
  readonly playsLog: boolean;
}

/** How long providers take for batches, and when they cannot be reached: as the scenario wants it, else as the log tells, else as models do. */
export class BatchTimes {
  /** Targets whose batches are taken to take a time that nobody told. */
  readonly assumed = new Set<string>();
  readonly #parts: BatchTimesParts;

  constructor(parts: BatchTimesParts) {
    this.#parts = parts;
  }

  /** What the log tells of a line; null where it is drawn. */
  played(line: WaitingLine): PlayedResult | null {
    const { order, target, deadlineMs, calledBackAtMs, sinceMs } = line;
    const { job } = order;
    if (!this.#parts.playsLog || job.copy > 0 || !job.logged.isBatch) return null;
    const { attempts, ok, status, unanswered, durationMs } = job.logged;
    // What was asked at once tells nothing of a batch.
    const attempt = loggedAttempt(job, target, { nth: 0, isBatched: true });
    if (attempt !== null) return resultOf(attempt);
    const isUnanswered = unanswered !== null || (ok === false && status === unansweredStatus);
    // Of a longer time than it had then the log tells nothing.
    const hasMs = Math.min(deadlineMs, calledBackAtMs) - sinceMs;
    const neverCame = attempts.length === 0 && isUnanswered && hasMs <= (durationMs ?? 0);
    return neverCame ? { tookMs: Number.POSITIVE_INFINITY, failure: null } : null;
  }

  /** How long a batch made now takes. It has the luck of its first line, whatever policy sends that. */
  turnaroundMs({ target, order: { job } }: WaitingLine): number {
    const { batchMs } = this.#parts.learnt.modelOf(target);
    if (batchMs == null) this.assumed.add(target);
    return quantileAt(batchMs ?? assumedBatchMs, hashToUnit(`batch/${target}/${job.seed}`));
  }

  /** How many times as long a batch takes that is made at a moment. */
  slowness(target: string, atMs: number): number {
    return this.#parts.conditions.of(target).slowness(atMs);
  }

  /** Why a call for a batch fails that is made at a moment; null where it does not. It has the luck of its first line, too. */
  outage({ target, order: { job } }: WaitingLine, atMs: number): Refusal | null {
    const { conditions, learnt } = this.#parts;
    const down = conditions.of(target).isDown(atMs);
    if (down !== null) return down;
    const outage = learnt.outageAt(target, atMs);
    const call = `call/${target}/${job.seed}/${atMs}`;
    if (outage === null || hashToUnit(call) >= outage.share) return null;
    const { end } = outageScript(outage, hashToUnit(`rank/${call}`));
    return end?.failure == null ? silentFailure : { failure: end.failure, afterMs: end.afterMs };
  }
}

function resultOf(attempt: LoggedAttempt): PlayedResult | null {
  const { outcome, startMs, endMs, code } = attempt;
  if (outcome === "aborted" || endMs === null) return null;
  const tookMs = Math.max(endMs - startMs, 0);
  if (outcome === "ok") return { tookMs, failure: null };
  return {
    tookMs,
    failure: { ...loggedFailure(attempt, outcome), ...(code === null ? {} : { code }) },
  };
}

const silentFailure: Refusal = {
  failure: { cause: "timeout", retrySame: true, message: "nothing was heard" },
  afterMs: null,
};
