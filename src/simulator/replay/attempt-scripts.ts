import { hashToUnit } from "../../base/hash.ts";
import { SeededRandom } from "../../base/random.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { AttemptOrder } from "../../runtime/dispatch/world.ts";
import { retrySame } from "../../runtime/providers/classify.ts";
import type { LoggedAttempt } from "../logged-request.ts";
import { drawAttempt } from "../models/draw-attempt.ts";
import type { TargetModel } from "../models/target-model.ts";
import type { AttemptScript } from "../virtual-world.ts";
import type { Conditions } from "./conditions.ts";
import type { ReplayedJob } from "./replayed-job.ts";

export interface AttemptScriptParts {
  readonly conditions: Conditions;
  readonly modelOf: (target: string) => TargetModel;
  /** Whether what the log tells of an attempt is played again; else all are drawn from models. */
  readonly playsLog: boolean;
}

/** Says what becomes of attempts: what the scenario wants, else what the log tells, else what the target's model draws. */
export class AttemptScripts {
  readonly #parts: AttemptScriptParts;
  readonly #random = new SeededRandom();
  readonly #places = new Map<string, number>();

  constructor(parts: AttemptScriptParts) {
    this.#parts = parts;
  }

  scriptOf(order: AttemptOrder<ReplayedJob>, atMs: number): AttemptScript {
    const { job, target } = order;
    const conditions = this.#parts.conditions.of(target);
    const nth = job.nextAt(target);
    const refusal = conditions.refuses(atMs);
    if (refusal !== null) return failing(refusal.failure, refusal.afterMs);
    const slow = conditions.slowness(atMs);
    const logged = this.#parts.playsLog && job.copy === 0 ? loggedAttempt(job, target, nth) : null;
    if (logged !== null) return playedAgain(logged, job, slow);
    return this.#drawn(order, nth, slow);
  }

  /** A request meets the same luck at a target whatever policy sends it there. */
  #drawn({ job, target }: AttemptOrder<ReplayedJob>, nth: number, slow: number): AttemptScript {
    const seed = typeof job.seed === "number" ? job.seed : hashToUnit(job.seed);
    const script = drawAttempt(this.#parts.modelOf(target), {
      random: this.#random.from(seed, this.#placeOf(target), nth),
      ...{ inputTokens: job.inputTokens, outputTokens: job.outputTokens },
      ...{ streamed: job.streamed, slow },
    });
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

/** What the log tells of the attempt of that number at a target; null for nothing that ended by itself. */
function loggedAttempt(job: ReplayedJob, target: string, nth: number): LoggedAttempt | null {
  let seen = 0;
  for (const attempt of job.logged.attempts) {
    if (attempt.target !== target) continue;
    if (seen === nth) return attempt.outcome === "aborted" ? null : attempt;
    seen += 1;
  }
  return null;
}

function playedAgain(attempt: LoggedAttempt, job: ReplayedJob, slow: number): AttemptScript {
  const { target, outcome, startMs, status } = attempt;
  const endMs = attempt.endMs ?? startMs;
  const afterMs = Math.max(endMs - startMs, 0) * slow;
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
  const failure: Failure = {
    ...{ cause: outcome, retrySame: retrySame.has(outcome), message: "as the log tells" },
    ...(status === null ? {} : { status }),
    ...(attempt.retryAfterMs === null ? {} : { retryAfterMs: attempt.retryAfterMs }),
  };
  return { ...failing(failure, afterMs), firstTokenMs };
}

/** What an answer has used by a moment: its prompt, and of its tokens as many as have come. */
function partOf(
  job: ReplayedJob,
  target: string,
  { firstTokenMs, afterMs }: { readonly firstTokenMs: number; readonly afterMs: number },
): (ms: number) => ReturnType<ReplayedJob["usageAt"]> | null {
  return (ms) => {
    if (!job.streamed || ms < firstTokenMs) return null;
    const share = afterMs > firstTokenMs ? (ms - firstTokenMs) / (afterMs - firstTokenMs) : 1;
    return job.usageAt(target, Math.round(job.outputTokens * Math.min(share, 1)));
  };
}

function failing(failure: Failure, afterMs: number): AttemptScript {
  return { firstTokenMs: null, flowsUntilMs: 0, end: { afterMs, failure, usage: null } };
}
