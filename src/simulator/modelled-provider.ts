import { createRandom, type Random } from "../base/random.ts";
import type { Failure } from "../protocol/failure.ts";
import type { Usage } from "../protocol/usage.ts";
import type { AttemptOrder, Job } from "../runtime/dispatch/world.ts";
import type { AttemptScript } from "./virtual-world.ts";

/** How a target behaves in the simulator. */
export interface TargetModel {
  /** Median time to the first token, in milliseconds. */
  readonly firstTokenMs: number;
  /** Standard deviation of the logarithm of that time; 0 makes every answer alike. */
  readonly firstTokenSpread: number;
  /** Infinity gives everything at once. */
  readonly tokensPerSecond: number;
  /** Kinds of failure with the share of attempts each befalls; the shares add up to at most 1. */
  readonly failures: readonly ModelledFailure[];
}

export interface ModelledFailure {
  readonly share: number;
  readonly failure: Failure;
  /** When it shows, in milliseconds after sending. */
  readonly afterMs: number;
}

/** A request whose size is known beforehand, as a log tells it. */
export interface ModelledJob extends Job {
  /** Seed of this request: under another policy it meets the same luck at the same target. */
  readonly seed: string | number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What becomes of one attempt at a target of this kind: drawn from the request's seed, the target and how often it was asked. */
export function modelAttempt(model: TargetModel, order: AttemptOrder<ModelledJob>): AttemptScript {
  const { job, target, attempt } = order;
  const random = createRandom(`${job.seed}\n${target}\n${attempt}`);
  const failing = drawFailure(model, random);
  if (failing) {
    const end = { afterMs: failing.afterMs, failure: failing.failure, usage: null };
    return { firstTokenMs: null, flowsUntilMs: 0, end };
  }
  const firstTokenMs = model.firstTokenMs * Math.exp(model.firstTokenSpread * normal(random));
  const afterMs = firstTokenMs + (job.outputTokens * 1_000) / model.tokensPerSecond;
  return {
    firstTokenMs,
    flowsUntilMs: afterMs,
    end: { afterMs, failure: null, usage: usageOf(job) },
  };
}

function drawFailure(model: TargetModel, random: Random): ModelledFailure | null {
  let left = random.next();
  for (const each of model.failures) {
    if (left < each.share) return each;
    left -= each.share;
  }
  return null;
}

/** A standard normal number (Box and Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

function usageOf({ inputTokens, outputTokens }: ModelledJob): Usage {
  return {
    inputTokens,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    outputTokens,
    reasoningTokens: 0,
    estimated: true,
  };
}
