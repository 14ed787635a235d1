import type { Random } from "../../base/random.ts";
import type { Cause } from "../../protocol/cause.ts";
import type { Failure } from "../../protocol/failure.ts";
import { estimatedUsage, type Usage } from "../../protocol/usage.ts";
import { retrySame } from "../../runtime/providers/classify.ts";
import type { AttemptScript } from "../virtual-world.ts";
import { quantileAt } from "./quantiles.ts";
import type {
  BreakModel,
  FailureModel,
  Outage,
  TargetModel,
  ThrottleModel,
  TimeModel,
} from "./target-model.ts";

/** One attempt at a target, before it is known what comes of it. */
export interface AttemptDraw {
  /** Asked for the same count of numbers whatever comes of it. One stream for each attempt keeps a request's luck apart from that of others. */
  readonly random: Random;
  readonly inputTokens: number;
  /** Tokens that a whole answer has. */
  readonly outputTokens: number;
  readonly streamed: boolean;
  /** How many times as long answers take; 1 when left out. */
  readonly slow?: number;
}

/** Nothing is ever heard of it. */
export const silence: AttemptScript = { firstTokenMs: null, flowsUntilMs: 0, end: null };

/** What becomes of one attempt at a target. */
export function drawAttempt(model: TargetModel, draw: AttemptDraw): AttemptScript {
  const { random, streamed, inputTokens, outputTokens } = draw;
  let left = random.next();
  const rank = random.next();
  const otherRank = random.next();
  const isTogether = random.next() < model.together;
  for (const failure of model.failures) {
    if (left < failure.share) return failureScript(failure, rank);
    left -= failure.share;
  }
  if (left < model.silent) return silence;
  left -= model.silent;
  const slow = draw.slow ?? 1;
  const firstTokenMs = slow * timeOf(model.firstToken, inputTokens, rank);
  const gaps = Math.max(outputTokens - 1, 0);
  const restMs = slow * timeOf(model.rest, gaps, isTogether ? rank : otherRank);
  if (streamed) {
    for (const kind of model.breaks) {
      if (left < kind.share) {
        const share = quantileAt(kind.after, left / kind.share);
        return brokenScript(kind, { firstTokenMs, restMs, share }, draw);
      }
      left -= kind.share;
    }
  }
  const afterMs = firstTokenMs + restMs;
  const usage = estimatedUsage(inputTokens, outputTokens);
  return { firstTokenMs, flowsUntilMs: afterMs, end: { afterMs, failure: null, usage } };
}

/** What an attempt meets beyond a target's limit of a rate; `rank` is uniform in [0, 1). */
export function throttledScript(throttle: ThrottleModel, rank: number): AttemptScript {
  return failureScript({ ...throttle, cause: "rate_limited", status: 429 }, rank);
}

/** What a failing attempt meets in an outage; `rank` is uniform in [0, 1). */
export function outageScript({ cause, status, afterMs }: Outage, rank: number): AttemptScript {
  if (afterMs === null) return silence;
  return failureScript({ cause, status, afterMs, retryAfterMs: null }, rank);
}

function failureScript(
  { cause, status, retryAfterMs, afterMs }: Omit<FailureModel, "share">,
  rank: number,
): AttemptScript {
  const failure = failureOf(cause, status, retryAfterMs);
  return endedScript(null, quantileAt(afterMs, rank), { failure, usage: null });
}

function brokenScript(
  { cause, status, silent }: BreakModel,
  times: { readonly firstTokenMs: number; readonly restMs: number; readonly share: number },
  { inputTokens, outputTokens }: AttemptDraw,
): AttemptScript {
  const { firstTokenMs, restMs, share } = times;
  const afterMs = firstTokenMs + restMs * share;
  if (silent) return { firstTokenMs, flowsUntilMs: afterMs, end: null };
  const usage = estimatedUsage(inputTokens, Math.max(Math.round(outputTokens * share), 1));
  const failure = failureOf(cause, status, null);
  return endedScript(firstTokenMs, afterMs, { failure, usage });
}

function endedScript(
  firstTokenMs: number | null,
  afterMs: number,
  end: { readonly failure: Failure; readonly usage: Usage | null },
): AttemptScript {
  const flowsUntilMs = firstTokenMs === null ? 0 : afterMs;
  return { firstTokenMs, flowsUntilMs, end: { afterMs, ...end } };
}

function timeOf({ baseMs, perTokenMs, ratios }: TimeModel, tokens: number, rank: number): number {
  return (baseMs + perTokenMs * tokens) * quantileAt(ratios, rank);
}

function failureOf(cause: Cause, status: number | null, retryAfterMs: number | null): Failure {
  return {
    cause,
    retrySame: retrySame.has(cause),
    message: "",
    ...(status === null ? {} : { status }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}
