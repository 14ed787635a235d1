import type { Target } from "../../catalog/target.ts";
import type { Report } from "../report.ts";

/** What a policy comes to at one value of a sweep. Cost in dollars, times in milliseconds; null is not known. */
export interface SweepPoint {
  readonly value: number;
  readonly requests: number;
  readonly cost: number;
  /** Of the requests that go to a target, or in a replay are answered by one: those that go to one at home. */
  readonly localShare: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  /** Requests that failed, and that a limit, a budget or a queue left no room for; only a replay tells. */
  readonly failed: number | null;
  readonly limited: number | null;
  /** The mean of the targets' default quality over these requests; null unless each of the targets has one. */
  readonly quality: number | null;
  readonly targets: readonly { readonly target: string; readonly requests: number }[];
}

/** What a point is to be low in, or high. */
export type Aim = "cost" | "p95" | "refused" | "quality";

/** The point that a report is. */
export function pointOf(
  value: number,
  report: Report,
  targetOf: (name: string) => Target | undefined,
): SweepPoint {
  const { replay } = report;
  const served =
    replay === undefined
      ? report.targets.map(({ target, requests }) => ({ target, requests }))
      : replay.targets.map(({ target, answered }) => ({ target, requests: answered }));
  const targets = served.filter(({ requests }) => requests > 0);
  const times = replay === undefined ? report.latency : replay.latency;
  const isLocal = (name: string): number => (targetOf(name)?.local === true ? 1 : 0);
  return {
    ...{ value, requests: report.requests },
    cost: replay === undefined ? report.cost.total : replay.cost.total,
    localShare: meanOf(targets, isLocal),
    ...{ p50: times?.p50 ?? null, p95: times?.p95 ?? null },
    failed: replay?.outcomes.failed ?? null,
    limited: replay?.outcomes.limited ?? null,
    quality: meanOf(targets, (name) => targetOf(name)?.quality["default"] ?? null),
    targets,
  };
}

function meanOf(
  targets: SweepPoint["targets"],
  figureOf: (target: string) => number | null,
): number | null {
  let sum = 0;
  let requests = 0;
  for (const each of targets) {
    const figure = figureOf(each.target);
    if (figure === null) return null;
    sum += figure * each.requests;
    requests += each.requests;
  }
  return requests === 0 ? null : sum / requests;
}

/**
 * What the points are held against each other by: cost always; the p95 and requests that failed or were refused where they were
 * replayed, since a log alone tells times only of those that stay where they went; quality where it is known.
 */
export function aimsOf(points: readonly SweepPoint[]): readonly Aim[] {
  const isReplayed = points.every(({ failed }) => failed !== null);
  const isTimed = isReplayed && points.every(({ p95 }) => p95 !== null);
  const isJudged = points.every(({ quality }) => quality !== null);
  const aims: Aim[] = ["cost"];
  if (isTimed) aims.push("p95");
  if (isReplayed) aims.push("refused");
  if (isJudged) aims.push("quality");
  return aims;
}

/** Whether each point is on the Pareto front: no other is as good in every aim and better in one. All false where cost is the only aim. */
export function frontOf(points: readonly SweepPoint[], aims: readonly Aim[]): readonly boolean[] {
  if (aims.length < 2) return points.map(() => false);
  const figures = points.map((point) => aims.map((aim) => lowOf(point, aim)));
  return figures.map((one) => !figures.some((other) => dominates(other, one)));
}

/** The figure of an aim, lower is better. */
function lowOf({ cost, p95, failed, limited, quality }: SweepPoint, aim: Aim): number {
  switch (aim) {
    case "cost":
      return cost;
    case "p95":
      return p95 ?? Number.POSITIVE_INFINITY;
    case "refused":
      return (failed ?? 0) + (limited ?? 0);
    case "quality":
      // What differs beyond three digits is nobody's choice.
      return -Math.round((quality ?? 0) * 1_000);
  }
}

function dominates(one: readonly number[], other: readonly number[]): boolean {
  const pairs = one.map((figure, index) => [figure, other[index] ?? 0] as const);
  return pairs.every(([a, b]) => a <= b) && pairs.some(([a, b]) => a < b);
}
