import { expect } from "vitest";
import type { TargetModel } from "../../src/simulator/models/target-model.ts";
import { arrived, steady } from "./replaying.ts";

export const [second, minute, hour] = [1_000, 60_000, 3_600_000];
/** Batches that take so long, and answers as those of `steady`. */
export const taking = (...batchMs: number[]): TargetModel => ({ ...steady, batchMs });
export const modelOf = () => taking(10 * minute);

export const policy = "otherwise claude with batch within 24h";

/** A request that could wait, of which the log tells nothing but that it came. */
export const came = (afterMs: number, more: object = {}) =>
  arrived(afterMs, {}, { stream: false, target: "none", ...more });

/** A line of the lane, as the gateway writes it: batched so long after it came, and then this long under way. */
export const waited = (afterMs: number, attempts: readonly object[], more: object = {}) =>
  arrived(afterMs, {}, { ...{ stream: false, lane: "batch", attempts }, ...more });

export const batched = (startMs: number, endMs: number, more: object = {}) => ({
  ...{ target: "claude", step: 0, batch: true, outcome: "ok", startMs, endMs },
  usage: { ...{ input: 100, output: 50, cachedRead: 0, cachedWrite: 0 }, tier: "batch" },
  ...more,
});

export const within = (ms: number | undefined, expected: number): void => {
  // A histogram's quantile is right within 1.1 %.
  expect(Math.abs((ms ?? 0) / expected - 1)).toBeLessThan(0.012);
};
