import { fitTime } from "./fit-time.ts";
import { quantileAt, quantilesOf } from "./quantiles.ts";

/** An attempt: how many were at the target when it was sent, and its whole time as a ratio to what it takes there by itself. */
export interface LoadedTime {
  readonly atOnce: number;
  readonly ratio: number;
}

/** Fewer attempts beyond a capacity than this do not show one. */
const leastBeyond = 50;
const candidates = 48;

/**
 * How many attempts a target works on at once. Beyond that each one more waits for the c-th part of an answer, so that times grow by
 * 1/c; where they grow otherwise, or do not, there is no such number, and null.
 */
export function fitCapacity(times: readonly LoadedTime[]): number | null {
  if (times.length < 2 * leastBeyond) return null;
  const highest = quantileAt(quantilesOf(times.map(({ atOnce }) => atOnce)), 0.95);
  const step = Math.max(Math.ceil(highest / candidates), 1);
  let best: { capacity: number; spread: number; growth: number } | null = null;
  for (let capacity = 1; capacity < highest; capacity += step) {
    const fitted = hinge(times, capacity);
    if (best === null || fitted.spread < best.spread) best = { capacity, ...fitted };
  }
  if (best === null) return null;
  const { capacity, growth } = best;
  const beyond = times.filter(({ atOnce }) => atOnce > capacity);
  const isQueue = growth * capacity > 0.5 && growth * capacity < 2;
  const isSeen = 1 + growth * (highest - capacity) > 1.3;
  return isQueue && isSeen && beyond.length >= leastBeyond ? capacity : null;
}

/** Times that are level up to a capacity and rise from there: by how much for each more, and what spread is left. */
function hinge(
  times: readonly LoadedTime[],
  capacity: number,
): { readonly spread: number; readonly growth: number } {
  const more = times.map(({ atOnce }) => Math.max(atOnce - capacity, 0));
  const { baseMs, perTokenMs } = fitTime({
    ms: Float64Array.from(times, ({ ratio }) => ratio),
    tokens: [Float64Array.from(more)],
  });
  const growth = (perTokenMs[0] ?? 0) / baseMs;
  let spread = 0;
  for (const [at, { ratio }] of times.entries()) {
    const expected = baseMs * (1 + growth * (more[at] ?? 0));
    spread += Math.log(Math.max(ratio, 1e-3) / expected) ** 2;
  }
  return { spread, growth };
}
