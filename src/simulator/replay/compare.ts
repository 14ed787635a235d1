import { createRandom, type Random } from "../../base/random.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import { type GroupSums, groupCount, type Samples } from "./samples.ts";

/** A figure under two policies. `low` and `high` bound the difference with 95 % confidence; null where too few requests tell of it. */
export interface Change {
  readonly before: number;
  readonly after: number;
  readonly delta: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Figures of one kind of requests under two policies; null where nothing was measured. Cost in dollars, times in milliseconds, the rest as shares. */
export interface KindChange {
  readonly name: string;
  readonly requests: number;
  readonly cost: Change;
  readonly failed: Change | null;
  readonly cached: Change | null;
  readonly local: Change | null;
  readonly meanMs: Change | null;
}

/** What one policy makes of the same requests as another. */
export interface Compared {
  readonly all: KindChange;
  readonly p50: Change | null;
  readonly p95: Change | null;
  readonly tenants: readonly KindChange[];
  readonly intents: readonly KindChange[];
}

/** Draws of groups from which an interval is read (Efron's bootstrap, percentile method). */
const draws = 1_000;

/** For quantiles, each of which takes a histogram. */
const drawsOfQuantiles = 200;

const outside = 0.025;

/** Groups that have to hold something, or their draws say too little of what is not among them. */
const fewestGroups = 20;

/** Holds two policies against each other: the same requests in the same groups, so that what they have in common cancels out. */
export function compare(before: Samples, after: Samples, seed: string | number): Compared {
  const random = createRandom(`bootstrap/${seed}`);
  const resamples = Array.from({ length: draws }, () => drawnGroups(random));
  const kinds = (
    one: ReadonlyMap<string, GroupSums>,
    other: ReadonlyMap<string, GroupSums>,
  ): readonly KindChange[] => {
    const list: KindChange[] = [];
    for (const [name, sums] of one) {
      const matched = other.get(name);
      if (matched !== undefined) list.push(kindChange(name, [sums, matched], resamples));
    }
    return list.toSorted((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1));
  };
  const quantile = (share: number): Change | null =>
    quantileChange(share, [before.times, after.times], resamples.slice(0, drawsOfQuantiles));
  return {
    all: kindChange("", [before.all, after.all], resamples),
    ...{ p50: quantile(0.5), p95: quantile(0.95) },
    tenants: kinds(before.tenants, after.tenants),
    intents: kinds(before.intents, after.intents),
  };
}

/** How often each group is drawn. */
type Resample = Uint16Array;

function drawnGroups(random: Random): Resample {
  const counts = new Uint16Array(groupCount);
  for (let draw = 0; draw < groupCount; draw += 1) {
    const group = random.integer(groupCount);
    counts[group] = (counts[group] ?? 0) + 1;
  }
  return counts;
}

type Pair = readonly [GroupSums, GroupSums];

function kindChange(name: string, pair: Pair, resamples: readonly Resample[]): KindChange {
  const change = (of: keyof GroupSums, by: keyof GroupSums | null): Change | null =>
    ratioChange(pair, { of, by }, resamples);
  const cost = change("cost", null) ?? { before: 0, after: 0, delta: 0, low: null, high: null };
  return {
    ...{ name, requests: sum(pair[0].requests, null), cost },
    failed: change("failed", "requests"),
    cached: change("cached", "requests"),
    local: change("local", "answered"),
    meanMs: change("timeMs", "timed"),
  };
}

interface Ratio {
  readonly of: keyof GroupSums;
  /** Null for the sum itself. */
  readonly by: keyof GroupSums | null;
}

function ratioChange(
  [one, other]: Pair,
  { of, by }: Ratio,
  resamples: readonly Resample[],
): Change | null {
  const figure = (sums: GroupSums, drawn: Resample | null): number => {
    const top = sum(sums[of], drawn);
    return by === null ? top : top / sum(sums[by], drawn);
  };
  const [before, after] = [figure(one, null), figure(other, null)];
  if (!Number.isFinite(before) || !Number.isFinite(after)) return null;
  const counts = by ?? "requests";
  const filled = filledGroups((group) =>
    Math.min(one[counts][group] ?? 0, other[counts][group] ?? 0),
  );
  return changeOf(before, after, filled, () =>
    resamples.map((drawn) => figure(other, drawn) - figure(one, drawn)),
  );
}

function filledGroups(countOf: (group: number) => number): number {
  let filled = 0;
  for (let group = 0; group < groupCount; group += 1) if (countOf(group) > 0) filled += 1;
  return filled;
}

function quantileChange(
  share: number,
  [one, other]: readonly [readonly LatencyHistogram[], readonly LatencyHistogram[]],
  resamples: readonly Resample[],
): Change | null {
  const figure = (groups: readonly LatencyHistogram[], drawn: Resample | null): number | null => {
    const all = new LatencyHistogram();
    for (const [group, histogram] of groups.entries())
      all.merge(histogram, drawn === null ? 1 : (drawn[group] ?? 0));
    return all.quantile(share);
  };
  const [before, after] = [figure(one, null), figure(other, null)];
  if (before === null || after === null) return null;
  const filled = filledGroups((group) =>
    Math.min(one[group]?.count ?? 0, other[group]?.count ?? 0),
  );
  return changeOf(before, after, filled, () =>
    resamples.map((drawn) => (figure(other, drawn) ?? 0) - (figure(one, drawn) ?? 0)),
  );
}

function changeOf(
  before: number,
  after: number,
  filled: number,
  draw: () => readonly number[],
): Change {
  const delta = after - before;
  if (filled < fewestGroups) return { before, after, delta, low: null, high: null };
  const known = draw()
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
  const at = (share: number): number =>
    known[Math.min(Math.floor(share * known.length), known.length - 1)] ?? delta;
  return { before, after, delta, low: at(outside), high: at(1 - outside) };
}

function sum(values: Float64Array, drawn: Resample | null): number {
  let total = 0;
  for (let group = 0; group < groupCount; group += 1)
    total += (values[group] ?? 0) * (drawn === null ? 1 : (drawn[group] ?? 0));
  return total;
}
