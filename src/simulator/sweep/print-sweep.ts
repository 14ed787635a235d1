import { count, dollars, ms, percent, table } from "../print-table.ts";
import type { Aim, SweepPoint } from "./sweep-point.ts";

/** What was swept, and what came of it. */
export interface SweepReport {
  /** `tokens <`, `traffic`. */
  readonly of: string;
  /** What points are held against each other by; none where the values are no choice of the operator's, such as how much traffic comes. */
  readonly aims: readonly Aim[];
  readonly points: readonly (SweepPoint & { readonly front: boolean })[];
}

const aimTexts: Readonly<Record<Aim, string>> = {
  cost: "cost",
  p95: "p95",
  refused: "requests that failed or were turned away",
  quality: "quality",
};

/** The trade-off curve as a table; points on the Pareto front are marked. */
export function printSweep({ of, aims, points }: SweepReport): string {
  const known = (figure: keyof SweepPoint): boolean => points.some((each) => each[figure] !== null);
  const shown = <Figure extends number>(
    head: string,
    figure: keyof SweepPoint,
    text: (value: Figure) => string,
  ) => (known(figure) ? [{ head, figure, text }] : []);
  const columns = [
    ...shown("cost", "cost", dollars),
    ...shown("at home", "localShare", percent),
    ...shown("p50", "p50", ms),
    ...shown("p95", "p95", ms),
    ...shown("failed", "failed", count),
    ...shown("limited", "limited", count),
    ...shown("quality", "quality", (value) => value.toFixed(3)),
  ];
  const rows = points.map((point) => [
    String(point.value),
    ...columns.map(({ figure, text }) => {
      const value = point[figure];
      return typeof value === "number" ? text(value) : "";
    }),
    ...(aims.length < 2 ? [] : [point.front ? "●" : ""]),
  ]);
  const heads = columns.map(({ head }) => head);
  const head = [of, ...heads, ...(aims.length < 2 ? [] : ["front"])];
  const note = frontText(aims);
  return note === "" ? `${table(head, rows)}\n` : `${table(head, rows)}\n\n${note}\n`;
}

function frontText(aims: readonly Aim[]): string {
  if (aims.length === 0) return "";
  if (aims.length === 1)
    return "Which points are worth a thought is not told by cost alone: --replay adds times, and a quality of each target what answers are worth.";
  return `● no other point is as good in all of these and better in one: ${aims.map((aim) => aimTexts[aim]).join(", ")}`;
}
