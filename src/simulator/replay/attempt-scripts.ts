import { hashToUnit } from "../../base/hash.ts";
import { SeededRandom } from "../../base/random.ts";
import type { Cause } from "../../protocol/cause.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { AttemptOrder } from "../../runtime/dispatch/world.ts";
import { retrySame } from "../../runtime/providers/classify.ts";
import type { LoggedAttempt } from "../logged-request.ts";
import { drawAttempt, silence } from "../models/draw-attempt.ts";
import type { AttemptScript } from "../virtual-world.ts";
import type { Conditions } from "./conditions.ts";
import type { Learnt } from "./learnt.ts";
import type { ReplayedJob } from "./replayed-job.ts";
import { laneCaller } from "./waiting-line.ts";

export interface AttemptScriptParts {
  readonly conditions: Conditions;
  readonly learnt: Learnt;
  /** Whether what the log tells of an attempt is played again; else all are drawn from models. */
  readonly playsLog: boolean;
}

/** Draws before one is bent to fit what is known. */
const mostDraws = 16;

/** Says what becomes of attempts: what the scenario wants, else what the log tells, else what the target's model draws. */
export class AttemptScripts {
  /** Attempts by target whose times neither the log nor a model of measured answers tells. */
  readonly guessed = new Map<string, number>();
  readonly #parts: AttemptScriptParts;
  readonly #random = new SeededRandom();
  readonly #places = new Map<string, number>();

  constructor(parts: AttemptScriptParts) {
    this.#parts = parts;
  }

  /** Whether the log's own times of the next attempt are played, which hold any waiting at the target. */
  isPlayed({ job, target }: AttemptOrder<ReplayedJob>): boolean {
    const logged = this.#logged(job, target, job.triedAt(target));
    return logged !== null && !isOpen(logged);
  }

  scriptOf(order: AttemptOrder<ReplayedJob>, atMs: number): AttemptScript {
    const { job, target } = order;
    const conditions = this.#parts.conditions.of(target);
    const nth = job.triedAt(target);
    job.tries(target);
    const isBeyond = this.#parts.learnt.counts(target, atMs);
    const refusal = conditions.refuses(atMs);
    if (refusal !== null) {
      const { failure, afterMs } = refusal;
      return afterMs === null ? silence : failing(failure, afterMs, null);
    }
    const slow = conditions.slowness(atMs);
    const logged = this.#logged(job, target, nth);
    if (logged !== null && !isOpen(logged)) return playedAgain(logged, job, slow);
    return this.#drawn(order, { nth, slow, atMs, isBeyond, logged });
  }

  #logged(job: ReplayedJob, target: string, nth: number): LoggedAttempt | null {
    const { playsLog, conditions, learnt } = this.#parts;
    if (!playsLog || job.copy > 0) return null;
    // What waited in the lane then tells nothing of an answer at once.
    if (job.logged.isBatch && job.caller !== laneCaller) return null;
    // Another number of places than the log's makes other waits than its times hold.
    const isOther =
      conditions.of(target).slots !== null && learnt.modelOf(target).capacity !== null;
    return isOther ? null : loggedAttempt(job, target, { nth, isBatched: false });
  }

  /** A request meets the same luck at a target whatever policy sends it there. */
  #drawn({ job, target }: AttemptOrder<ReplayedJob>, drawing: Drawing): AttemptScript {
    const { nth, slow, atMs, isBeyond, logged } = drawing;
    const seed = typeof job.seed === "number" ? job.seed : hashToUnit(job.seed);
    const random = this.#random.from(seed, this.#placeOf(target), nth);
    const [lot, rank] = [random.next(), random.next()];
    const { learnt } = this.#parts;
    const met = logged === null ? learnt.meets(target, atMs, { isBeyond, lot, rank }) : null;
    if (met !== null) return met;
    const model = learnt.modelOf(target);
    if (model.answers === 0) this.guessed.set(target, (this.guessed.get(target) ?? 0) + 1);
    const draw = () =>
      drawAttempt(model, {
        ...{ random, inputTokens: job.inputTokens, outputTokens: job.outputTokens },
        ...{ streamed: job.streamed, slow },
      });
    const script = logged === null ? draw() : fitting(draw, logged, slow);
    const { firstTokenMs, end } = script;
    if (firstTokenMs === null || end === null) return script;
    const usage = end.failure === null ? job.usageAt(target) : end.usage;
    const afterMs = end.failure === null ? end.afterMs : script.flowsUntilMs;
    const usageAfter = partOf(job, target, { firstTokenMs, afterMs });
    return { ...script, end: { ...end, usage }, usageAfter };
  }

  /** A number that stands for a target's name. */
  #placeOf(target: string): number {
    let place = this.#places.get(target);
    if (place === undefined) {
      place = hashToUnit(target);
      this.#places.set(target, place);
    }
    return place;
  }
}

interface Drawing {
  readonly nth: number;
  readonly slow: number;
  readonly atMs: number;
  /** Beyond what the target takes in a minute. */
  readonly isBeyond: boolean;
  /** What the log tells of it, where that is not how it ended. */
  readonly logged: LoggedAttempt | null;
}

/** The attempt of that number at a target, in batches or at once; null where the log has none. */
export function loggedAttempt(
  job: ReplayedJob,
  target: string,
  { nth, isBatched }: { readonly nth: number; readonly isBatched: boolean },
): LoggedAttempt | null {
  let seen = 0;
  for (const attempt of job.logged.attempts) {
    if (attempt.target !== target || (attempt.isBatched ?? false) !== isBatched) continue;
    if (seen === nth) return attempt;
    seen += 1;
  }
  return null;
}

/** Whether the log does not tell how an attempt would have ended by itself, or when. */
function isOpen({ outcome, endMs }: LoggedAttempt): boolean {
  return outcome === "aborted" || endMs === null;
}

/**
 * A draw that agrees with what the log tells of an attempt: one that was stopped would have gone on for longer than that, and of one without
 * an end it is known whether it was answered.
 */
function fitting(
  draw: () => AttemptScript,
  { outcome, startMs, endMs, firstTokenMs }: LoggedAttempt,
  slow: number,
): AttemptScript {
  const stoppedMs = outcome === "aborted" && endMs !== null ? (endMs - startMs) * slow : 0;
  const isSilent = firstTokenMs === null;
  let last = draw();
  for (let tried = 1; tried < mostDraws && !fits(last); tried += 1) last = draw();
  return fits(last) ? last : later(last, stoppedMs);

  function fits({ firstTokenMs: first, end }: AttemptScript): boolean {
    if (outcome === "ok" && end?.failure !== null) return false;
    if (isSilent && first !== null && first <= stoppedMs) return false;
    return end === null || end.afterMs > stoppedMs;
  }
}

/** The same so much later. */
function later(script: AttemptScript, byMs: number): AttemptScript {
  const { firstTokenMs, flowsUntilMs, end } = script;
  return {
    firstTokenMs: firstTokenMs === null ? null : firstTokenMs + byMs,
    flowsUntilMs: flowsUntilMs + byMs,
    end: end === null ? null : { ...end, afterMs: end.afterMs + byMs },
  };
}

function playedAgain(attempt: LoggedAttempt, job: ReplayedJob, slow: number): AttemptScript {
  const { target, outcome, startMs } = attempt;
  const afterMs = Math.max((attempt.endMs ?? startMs) - startMs, 0) * slow;
  const told = attempt.firstTokenMs;
  const firstTokenMs = told === null ? null : Math.max(told - startMs, 0) * slow;
  if (outcome === "ok" || outcome === "aborted") {
    const usage = job.usageAt(target);
    return {
      firstTokenMs: firstTokenMs ?? (job.streamed ? afterMs : null),
      flowsUntilMs: afterMs,
      end: { afterMs, failure: null, usage },
      usageAfter: partOf(job, target, { firstTokenMs: firstTokenMs ?? 0, afterMs }),
    };
  }
  const failure = loggedFailure(attempt, outcome);
  return { ...failing(failure, afterMs, usedIn(attempt, job)), firstTokenMs };
}

/** The failure of an attempt, as the log tells it. */
export function loggedFailure({ status, retryAfterMs }: LoggedAttempt, cause: Cause): Failure {
  return {
    ...{ cause, retrySame: retrySame.has(cause), message: "as the log tells" },
    ...(status === null ? {} : { status }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}

/** What a failed attempt was billed for: a stream that broke has used what had come. */
function usedIn(
  { target, inputTokens, outputTokens }: LoggedAttempt,
  job: ReplayedJob,
): Usage | null {
  if (inputTokens === null || outputTokens === null) return null;
  return { ...job.usageAt(target, outputTokens), inputTokens };
}

/** What an answer has used by a moment: its prompt, and of its tokens as many as have come. */
function partOf(
  job: ReplayedJob,
  target: string,
  { firstTokenMs, afterMs }: { readonly firstTokenMs: number; readonly afterMs: number },
): (ms: number) => Usage | null {
  return (ms) => {
    if (!job.streamed || ms < firstTokenMs) return null;
    const share = afterMs > firstTokenMs ? (ms - firstTokenMs) / (afterMs - firstTokenMs) : 1;
    return job.usageAt(target, Math.round(job.outputTokens * Math.min(share, 1)));
  };
}

function failing(failure: Failure, afterMs: number, usage: Usage | null): AttemptScript {
  return { firstTokenMs: null, flowsUntilMs: 0, end: { afterMs, failure, usage } };
}
