import { hashToUnit } from "../base/hash.ts";
import { createRandom, type Random } from "../base/random.ts";
import type { Target } from "../catalog/target.ts";

/** Failures that a stand-in can show, in the true shape of its wire. */
export const standInFailures = [
  "rate_limited",
  "overloaded",
  "overloaded_in_stream",
  "billing",
  "server_error",
  "timeout",
  "cut_stream",
  "network",
  "context_exceeded",
  "content_filtered",
  "auth",
  "bad_request",
] as const;

export type StandInFailure = (typeof standInFailures)[number];

/** How fast and how reliably a stand-in answers for one model. */
export interface StandInModel {
  /** Median time to the first token; single answers spread around it. */
  readonly ttftMs: number;
  /** `Infinity` writes everything at once. */
  readonly tokensPerSecond: number;
  /** Share of calls that fail, 0 to 1. */
  readonly failureRate: number;
  /** What a failing call shows, drawn evenly. */
  readonly failures: readonly StandInFailure[];
}

/** A model that answers at once and never fails. */
export const instant: StandInModel = {
  ttftMs: 0,
  tokensPerSecond: Number.POSITIVE_INFINITY,
  failureRate: 0,
  failures: ["rate_limited", "overloaded", "server_error"],
};

/** A plausible speed for a target without any measurement: local models start sooner and speak slower; a fixed spread by name. */
export function modelledSpeed(target: Target): StandInModel {
  const spread = 0.7 + 0.6 * hashToUnit(`stand-in ${target.name}`);
  return {
    ttftMs: Math.round((target.local ? 60 : 250) * spread),
    tokensPerSecond: Math.round((target.local ? 45 : 90) / spread),
    failureRate: target.local ? 0 : 0.005,
    failures: ["rate_limited", "overloaded", "server_error"],
  };
}

/** What one call draws: its failure or none, and its own first-token time. */
export interface Draw {
  readonly failure: StandInFailure | null;
  readonly ttftMs: number;
  readonly tokenMs: number;
}

/** Draws for the n-th call of a model; the same seed, model and number draw the same. */
export function draw(model: StandInModel, seed: string): Draw {
  const random = createRandom(seed);
  const failing = random.next() < model.failureRate;
  const failure = failing ? (random.pick(model.failures) ?? null) : null;
  return {
    failure,
    ttftMs: model.ttftMs * Math.exp(0.35 * normal(random)),
    tokenMs: 1000 / model.tokensPerSecond,
  };
}

/** A standard normal number (Box and Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
