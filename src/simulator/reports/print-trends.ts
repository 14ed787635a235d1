import { printable, terminalWidth } from "../../diagnostics/excerpt.ts";
import { cutTo } from "../print-table.ts";
import type { Interval } from "../replay/replay-report.ts";
import { duration, figure, shortMoment, type Unit, widthOf, withoutZeros } from "./figures.ts";
import type { Side } from "./print-replay.ts";
import { sparkline, squeezed } from "./sparkline.ts";

/** Blocks of a line at most. */
const mostBlocks = 60;

const longestName = 14;

interface Trend {
  readonly label: string;
  readonly unit: Unit;
  readonly by: "sum" | "largest";
  readonly of: (interval: Interval) => number | null;
  /** The same under any policy. */
  readonly isShared?: boolean;
}

const trends: readonly Trend[] = [
  {
    label: "requests",
    unit: "requests",
    by: "sum",
    of: ({ requests }) => requests,
    isShared: true,
  },
  { label: "failed", unit: "requests", by: "sum", of: ({ failed }) => failed },
  { label: "fallbacks", unit: "requests", by: "sum", of: ({ fallbacks }) => fallbacks },
  { label: "cost", unit: "dollars", by: "sum", of: ({ cost }) => cost },
  { label: "p95", unit: "ms", by: "largest", of: ({ p95 }) => p95 },
];

/** Requests, failures, cost and latency over time in rows of blocks; each figure under two policies has one scale. */
export function printTrends(sides: readonly Side[]): string {
  const intervals = sides[0]?.replay.intervals ?? [];
  const [first, last] = [intervals[0], intervals.at(-1)];
  if (first === undefined || last === undefined || intervals.length < 2) return "";
  const width = widthOf(intervals);
  const span = last.atMs + width - first.atMs;
  const step = width * Math.ceil(intervals.length / mostBlocks);
  const from = shortMoment(first.atMs, span);
  const to = shortMoment(last.atMs + width, span);
  const lines = trends.flatMap((trend) => linesOf(trend, sides));
  return [
    `Over time, ${from} to ${to} UTC, a block for ${withoutZeros(duration(step))}, its highest at the right`,
    "",
    ...lines,
  ].join("\n");
}

function linesOf(trend: Trend, sides: readonly Side[]): readonly string[] {
  const shown = trend.isShared === true ? sides.slice(0, 1) : sides;
  const rows = shown.map(({ replay, name }) => ({
    name: shown.length > 1 ? printable(name) : "",
    values: squeezed(replay.intervals.map(trend.of), mostBlocks, trend.by),
  }));
  const peak = (values: readonly (number | null)[]): number =>
    values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  const most = Math.max(...rows.map(({ values }) => peak(values)));
  if (most === 0) return [];
  return rows.map(({ name, values }, index) => {
    const label = (index === 0 ? trend.label : "").padEnd(10);
    const shownName = cutTo(name, longestName);
    const space = shown.length > 1 ? " ".repeat(longestName - terminalWidth(shownName)) : "";
    const row = sparkline(values, most).padEnd(Math.min(mostBlocks, values.length));
    return `${label}${shownName}${space}  ${row}  ${figure(peak(values), trend.unit)}`.trimEnd();
  });
}
