import { count, dollars, percent } from "../print-table.ts";
import type { Interval, PlayedFault } from "../replay/replay-report.ts";
import { faultTimes, faultWords } from "../reports/fault-words.ts";
import { duration, moment, shortMoment, widthOf, withoutZeros } from "../reports/figures.ts";
import { type Band, type Series, type TimeAxis, timeChart } from "./chart.ts";
import { html, type Markup, nothing, shortName } from "./markup.ts";
import { type PageSide, sideLegend } from "./side.ts";

const faultsShown = 12;

interface Figure {
  readonly title: string;
  readonly of: (interval: Interval) => number | null;
  readonly format: (value: number) => string;
  /** The same under any policy. */
  readonly isShared?: boolean;
}

const figures = {
  requests: { title: "requests", of: ({ requests }) => requests, format: count, isShared: true },
  cost: { title: "cost", of: ({ cost }) => cost, format: dollars },
  p50: { title: "p50", of: ({ p50 }) => p50, format: duration },
  p95: { title: "p95", of: ({ p95 }) => p95, format: duration },
  failed: { title: "failed", of: shareOf("failed"), format: percent },
  fallbacks: { title: "fallback", of: shareOf("fallbacks"), format: percent },
} as const satisfies Readonly<Record<string, Figure>>;

function shareOf(what: "failed" | "fallbacks"): (interval: Interval) => number | null {
  return (interval) => (interval.requests === 0 ? null : interval[what] / interval.requests);
}

interface Column {
  readonly head: string;
  readonly figure: Figure;
  readonly side: PageSide;
}

/** Cost, latency, errors and requests over time, with the stretches of faults shaded and one table of all figures behind. */
export function overTime(sides: readonly PageSide[]): Markup {
  const intervals = sides[0]?.replay.intervals ?? [];
  const [first, last] = [intervals[0], intervals.at(-1)];
  if (first === undefined || last === undefined || intervals.length < 2) return nothing;
  const width = widthOf(intervals);
  const [fromMs, toMs] = [first.atMs, last.atMs + width];
  const faults = sides[0]?.replay.faults ?? [];
  const axis: TimeAxis = { fromMs, toMs, bands: bandsOf(faults, toMs) };
  const columns = Object.values(figures).flatMap((figure: Figure) =>
    (figure.isShared === true ? sides.slice(0, 1) : sides).map((side): Column => {
      const isTold = sides.length > 1 && figure.isShared !== true;
      return { head: isTold ? `${figure.title} ${side.side}` : figure.title, figure, side };
    }),
  );
  const charts = [
    ["Cost", [figures.cost]] as const,
    ["Latency, p95 and p50 (dotted)", [figures.p95, figures.p50]] as const,
    ["Failed requests", [figures.failed]] as const,
    ["Answered by a fallback", [figures.fallbacks]] as const,
  ];
  const unit = `for every ${withoutZeros(duration(width))}`;
  const drawn = charts.map(([title, of]) =>
    chartOf(title === "Cost" ? `Cost ${unit}` : title, of, { columns, sides, axis }),
  );
  const parts = { columns, sides, axis };
  const requests = chartOf(`Requests ${unit}`, [figures.requests], parts);
  return html`<section><h2>Over time</h2><p class="note">${moment(fromMs)} to ${moment(toMs)} UTC. Point at a chart, or move through it with the arrow keys, to read its figures.</p>${faultList(faults, toMs - fromMs)}<div class="grid">${drawn}${requests}</div>${tableOf(columns, toMs - fromMs)}</section>`;
}

function bandsOf(faults: readonly PlayedFault[], toMs: number): readonly Band[] {
  // What holds all the time would shade everything.
  return faults.slice(0, faultsShown).flatMap((fault, index) => {
    const from = fault.fromMs;
    return from === null ? [] : [{ number: index + 1, fromMs: from, toMs: fault.toMs ?? toMs }];
  });
}

function faultList(faults: readonly PlayedFault[], spanMs: number): Markup {
  if (faults.length === 0) return nothing;
  const items = faults
    .slice(0, faultsShown)
    .map(
      (fault, index) =>
        html`<li><b>${index + 1}</b>${shortName(faultWords(fault))}, ${faultTimes(fault, spanMs)}</li>`,
    );
  const more = faults.length - faultsShown;
  const rest = more > 0 ? html`<li>and ${count(more)} more</li>` : nothing;
  return html`<ul class="faults" aria-label="What if; shaded in the charts">${items}${rest}</ul>`;
}

function chartOf(
  title: string,
  of: readonly Figure[],
  parts: {
    readonly columns: readonly Column[];
    readonly sides: readonly PageSide[];
    readonly axis: TimeAxis;
  },
): Markup {
  const { columns, sides, axis } = parts;
  const [main] = of;
  if (main === undefined) return nothing;
  const shown = main.isShared === true ? sides.slice(-1) : sides;
  const series = of.flatMap((figure, index) =>
    shown.map(({ side, replay }): Series => {
      const isFilled = index === 0 && of.length === 1;
      const look = isFilled ? "area" : "line";
      return { side, look: index === 0 ? look : "thin", values: replay.intervals.map(figure.of) };
    }),
  );
  if (series.every(({ values }) => values.every((value) => value === null || value === 0)))
    return nothing;
  const legend =
    main.isShared === true && sides.length > 1
      ? html`<ul class="legend"><li>the same under any policy</li></ul>`
      : sideLegend(sides);
  return timeChart({
    ...{ title, legend, series, axis, format: main.format },
    columns: columns.flatMap(({ figure }, index) => (of.includes(figure) ? [index + 1] : [])),
  });
}

function tableOf(columns: readonly Column[], spanMs: number): Markup {
  const intervals = columns[0]?.side.replay.intervals ?? [];
  // Where intervals are shorter than a minute, the minute alone does not tell them apart.
  const told = widthOf(intervals) < 60_000 ? 0 : spanMs;
  const rows = intervals.map(({ atMs }, index) => {
    const cells = columns.map(({ figure, side }) => {
      const interval = side.replay.intervals[index];
      const value = interval === undefined ? null : figure.of(interval);
      return html`<td>${value === null ? "" : figure.format(value)}</td>`;
    });
    return html`<tr><th scope="row">${shortMoment(atMs, told)}</th>${cells}</tr>`;
  });
  const heads = columns.map(({ head }) => html`<th scope="col">${head}</th>`);
  return html`<details class="plain"><summary>All figures over time</summary><div class="scroll" tabindex="0" role="region" aria-label="All figures over time"><table id="over-time"><thead><tr><th scope="col" class="l">UTC</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div></details>`;
}
