import { count, dollars, ms, percent } from "../print-table.ts";
import type { Aim, SweepPoint } from "./sweep-point.ts";

/** A point of a sweep among the others. */
export interface PlacedPoint extends SweepPoint {
  /** Whether no other beats it. */
  readonly front: boolean;
  /** Whether it is what holds today. */
  readonly now: boolean;
}

/** What was swept, and what came of it. */
export interface SweepReport {
  /** `tokens <`, `traffic`. */
  readonly of: string;
  /** What points are held against each other by; none where the values are no choice of the operator's, such as how much traffic comes. */
  readonly aims: readonly Aim[];
  readonly points: readonly PlacedPoint[];
}

/** A column of the curve's table. */
export interface SweepColumn {
  readonly head: string;
  readonly of: (point: SweepPoint) => number | null;
  readonly text: (value: number) => string;
}

const columns: readonly SweepColumn[] = [
  { head: "cost", of: ({ cost }) => cost, text: dollars },
  { head: "at home", of: ({ localShare }) => localShare, text: percent },
  { head: "p50", of: ({ p50 }) => p50, text: ms },
  { head: "p95", of: ({ p95 }) => p95, text: ms },
  { head: "failed", of: ({ failed }) => failed, text: count },
  { head: "limited", of: ({ limited }) => limited, text: count },
  { head: "quality", of: ({ quality }) => quality, text: (value) => value.toFixed(3) },
];

/** The curve's columns; those left out of which nothing is known. */
export function columnsOf({ points }: SweepReport): readonly SweepColumn[] {
  return columns.filter(({ of }) => points.some((point) => of(point) !== null));
}

export interface SweepTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The curve as a table; the present value and points on the Pareto front are marked. */
export function sweepTable(report: SweepReport): SweepTable {
  const { of, aims, points } = report;
  const shown = columnsOf(report);
  const hasFront = aims.length > 1;
  const hasNow = points.some(({ now }) => now);
  return {
    head: [
      ...[of, ...shown.map(({ head }) => head)],
      ...[...(hasFront ? ["front"] : []), ...(hasNow ? [""] : [])],
    ],
    rows: points.map((point) => [
      String(point.value),
      ...shown.map(({ of: figureOf, text }) => {
        const value = figureOf(point);
        return value === null ? "" : text(value);
      }),
      ...(hasFront ? [point.front ? "●" : ""] : []),
      ...(hasNow ? [point.now ? "← now" : ""] : []),
    ]),
  };
}

const aimTexts: Readonly<Record<Aim, string>> = {
  cost: "cost",
  p95: "p95",
  refused: "requests that failed or were turned away",
  quality: "quality",
};

/** What the front is; empty where there is none to tell of. */
export function frontText({ aims }: SweepReport): string {
  if (aims.length === 0) return "";
  if (aims.length === 1)
    return "Which points are worth a thought is not told by cost alone: --replay adds times, and a quality of each target what answers are worth.";
  return `● no other point is as good in all of these and better in one: ${aims.map((aim) => aimTexts[aim]).join(", ")}`;
}

/** What the sweep comes to, to be read behind the policy's name. */
export function sweepSays({ of, points }: SweepReport): string {
  const costs = points.map(({ cost }) => cost);
  const [least, most] = [Math.min(...costs), Math.max(...costs)].map(dollars);
  const values = points.map(({ value }) => value);
  const span = `${Math.min(...values)} to ${Math.max(...values)}`;
  const now = points.find((point) => point.now);
  const today = now === undefined ? "" : `, and ${dollars(now.cost)} with ${now.value} as now`;
  return least === most
    ? `costs ${least} for any ${of} from ${span}`
    : `costs ${least} to ${most} as ${of} goes from ${span}${today}`;
}
