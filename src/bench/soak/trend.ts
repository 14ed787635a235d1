import { createRandom } from "../../base/random.ts";

/** A quantity at a time, in hours from the start. */
export interface Point {
  readonly hours: number;
  readonly value: number;
}

/** How a quantity moved: per hour, with the interval in which the slope lies with 95 % confidence. */
export interface Trend {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
  /** What the line has at its first and last point. */
  readonly from: number;
  readonly to: number;
  readonly points: number;
}

/** Points fewer than these say nothing about a slope. */
const leastPoints = 6;

const resamples = 500;

/**
 * The Theil–Sen slope (the median over all pairs: single spikes do not move it) of a series cut into `bins` equal spans of time,
 * each its median. Its interval is a bootstrap's over blocks of neighbouring residuals, since what a heap weighs now depends on what
 * it weighed a minute ago. Null where there is too little to tell.
 */
export function trendOf(points: readonly Point[], bins = 60): Trend | null {
  const binned = medians(points, bins);
  if (binned.length < leastPoints) return null;
  const perHour = theilSen(binned);
  const base = median(binned.map(({ hours, value }) => value - perHour * hours));
  const fitted = binned.map(({ hours }) => base + perHour * hours);
  const residuals = binned.map(({ value }, at) => value - (fitted[at] ?? 0));
  const random = createRandom("soak");
  const block = Math.max(2, Math.round(Math.sqrt(binned.length)));
  const slopes: number[] = [];
  for (let round = 0; round < resamples; round += 1) {
    const drawn = binned.map(({ hours }, at) => ({ hours, value: fitted[at] ?? 0 }));
    for (let from = 0; from < drawn.length; from += block) {
      const source = random.integer(residuals.length - block + 1);
      for (let at = from; at < Math.min(from + block, drawn.length); at += 1) {
        const point = drawn[at];
        if (point !== undefined) point.value += residuals[source + at - from] ?? 0;
      }
    }
    slopes.push(theilSen(drawn));
  }
  slopes.sort((a, b) => a - b);
  return {
    perHour,
    low: slopes[Math.floor(resamples * 0.025)] ?? perHour,
    high: slopes[Math.ceil(resamples * 0.975) - 1] ?? perHour,
    from: fitted[0] ?? 0,
    to: fitted.at(-1) ?? 0,
    points: points.length,
  };
}

function medians(points: readonly Point[], bins: number): Point[] {
  const first = points[0]?.hours ?? 0;
  const width = ((points.at(-1)?.hours ?? 0) - first) / bins;
  if (width <= 0) return [];
  const held = new Map<number, Point[]>();
  for (const point of points) {
    const bin = Math.min(bins - 1, Math.floor((point.hours - first) / width));
    const inBin = held.get(bin);
    if (inBin === undefined) held.set(bin, [point]);
    else inBin.push(point);
  }
  return [...held.values()].map((inBin) => ({
    hours: median(inBin.map(({ hours }) => hours)),
    value: median(inBin.map(({ value }) => value)),
  }));
}

function theilSen(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [at, from] of points.entries()) {
    for (const to of points.slice(at + 1)) {
      if (to.hours > from.hours) slopes.push((to.value - from.value) / (to.hours - from.hours));
    }
  }
  return median(slopes);
}

/** The middle of some numbers; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
