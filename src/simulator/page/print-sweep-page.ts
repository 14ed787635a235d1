import { dollars, requestsOf } from "../print-table.ts";
import { duration } from "../reports/figures.ts";
import {
  columnsOf,
  frontText,
  type PlacedPoint,
  type SweepColumn,
  type SweepReport,
  sweepSays,
  sweepTable,
} from "../sweep/sweep-report.ts";
import { html, type Markup, nothing, printed, shortName } from "./markup.ts";
import { pageOf } from "./page-of.ts";
import { type ChartPoint, lookOf, pointChart } from "./point-chart.ts";
import { wideTable } from "./sections.ts";

/** What is swept stands at every point. */
const longestOf = 40;

/** A sweep as one page of HTML that needs nothing else: what is won and lost with each value, and the table. */
export function printSweepPage(swept: SweepReport, policy: string): string {
  const report = { ...swept, of: shortName(swept.of, longestOf) };
  const { of, points } = report;
  const requests = requestsOf(points[0]?.requests ?? 0);
  const how = points.some(({ failed }) => failed !== null)
    ? "replayed on a virtual clock"
    : "only decided, not replayed";
  const body = html`<header><p class="kicker">Sweep of <code>${of}</code> in <code>${shortName(policy)}</code></p><h1><code>${shortName(policy)}</code> ${printed(sweepSays(report))}</h1><p class="lede">${requests} of the log for each of ${points.length} values, ${how}.</p></header>
${tradeOffs(report)}
${byValue(report)}
<section><h2>All figures</h2><div class="grid stack"><div class="card">${tableOf(report)}${frontNote(report)}</div></div></section>
<footer><p>Made by <code>signalbox simulate --sweep</code>. Costs are US dollars. Nothing was called, and this page calls nothing.</p></footer>`;
  return pageOf(`sweep of ${of} in ${policy}`, body);
}

/** How an axis has a figure. */
function axisText({ head, text }: SweepColumn): (value: number) => string {
  return head === "p50" || head === "p95" ? duration : text;
}

/** Cost against all that is bought with it, where the values are a choice. */
function tradeOffs(report: SweepReport): Markup {
  if (report.aims.length === 0) return nothing;
  const against = columnsOf(report).filter(
    ({ head, of, text }) =>
      ["p95", "at home", "quality"].includes(head) && isChanging(report, of, text),
  );
  if (against.length === 0 || !isChanging(report, ({ cost }) => cost, dollars)) return nothing;
  const charts = against.map((column, index) => {
    const points = report.points.flatMap((point): ChartPoint[] => {
      const y = column.of(point);
      return y === null ? [] : [{ ...markOf(report, point, column), x: point.cost, y }];
    });
    return pointChart({
      ...{ id: `trade-${index}`, title: `Cost against ${words(column)}`, legend: nothing },
      axes: `↑ ${words(column)}, → cost`,
      tells: `A dot for each value of ${report.of}, joined in their order. The figures are in the table below.`,
      curves: [{ side: "after", points }],
      ...{ xText: dollars, yText: axisText(column) },
    });
  });
  const hasFront = report.aims.length > 1;
  const dots = hasFront
    ? "Full dots are beaten by no other in all that counts, open ones are."
    : "Which of them is best is not told by cost alone.";
  return html`<section><h2>What is given for what</h2><p class="note">Each dot is a value of <code>${report.of}</code>. ${dots}${nowNote(report)}</p><div class="grid">${charts}</div></section>`;
}

function nowNote({ points }: SweepReport): string {
  const now = points.find((point) => point.now);
  return now === undefined ? "" : ` The ring is at ${now.value}, as it is now.`;
}

const mostDots = 60;

/** Each figure by the value that is swept. */
function byValue(report: SweepReport): Markup {
  const charts = columnsOf(report)
    .filter(({ of, text }) => isChanging(report, of, text))
    .map((column, index) => {
      const points = report.points
        .flatMap((point): ChartPoint[] => {
          const y = column.of(point);
          return y === null ? [] : [{ ...markOf(report, point, column), x: point.value, y }];
        })
        .toSorted((a, b) => a.x - b.x)
        // The value stands on the axis already, and dots of many values would hide the line.
        .map((point): ChartPoint => {
          if (point.look === "now") return { ...point, label: "now" };
          const look = report.points.length > mostDots ? "none" : point.look;
          return { ...point, label: "", look };
        });
      const title = words(column).replace(/^[a-z](?!\d)/, (first) => first.toUpperCase());
      return pointChart({
        ...{ id: `value-${index}`, title, legend: nothing },
        axes: `→ ${report.of}`,
        tells: `By the value of ${report.of}. The figures are in the table below.`,
        curves: [{ side: "after", points }],
        ...{ xText: (value) => String(value), yText: axisText(column) },
      });
    });
  if (charts.length === 0)
    return html`<p class="note">No figure changes with the value; the table below has them.</p>`;
  return html`<section><h2>By value</h2><p class="note">What becomes of each figure as <code>${report.of}</code> rises.${report.aims.length === 0 ? nowNote(report) : ""}</p><div class="grid">${charts}</div></section>`;
}

/** Whether a figure changes as far as it is written. */
function isChanging(
  { points }: SweepReport,
  of: SweepColumn["of"],
  text: SweepColumn["text"],
): boolean {
  const values = points.map(of).filter((value) => value !== null);
  return new Set(values.map(text)).size > 1;
}

function words({ head }: SweepColumn): string {
  if (head === "at home") return "share at home";
  return head === "failed" || head === "limited" ? `requests ${head}` : head;
}

function markOf(
  { aims, of }: SweepReport,
  point: PlacedPoint,
  column: SweepColumn,
): Omit<ChartPoint, "x" | "y"> {
  const told = column.of(point);
  const figure = told === null ? "" : `, ${words(column)} ${axisText(column)(told)}`;
  const isFull = aims.length < 2 || point.front;
  return {
    label: point.now ? `${point.value} (now)` : String(point.value),
    tells: `${of} ${point.value}: ${dollars(point.cost)}${column.head === "cost" ? "" : figure}`,
    look: lookOf(point.now, isFull),
  };
}

function tableOf(report: SweepReport): Markup {
  const { head, rows } = sweepTable(report);
  const heads = head.map((each, index) =>
    index === 0
      ? html`<th scope="col" class="l">${shortName(each)}</th>`
      : html`<th scope="col">${each === "" ? html`<span class="sr">now</span>` : each}</th>`,
  );
  const told = rows.map(([value = "", ...cells], index) => {
    const mark = report.points[index]?.now === true ? html` class="here"` : nothing;
    return html`<tr${mark}><th scope="row">${value}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  });
  return wideTable("All figures of the sweep", html`${heads}`, told);
}

function frontNote(report: SweepReport): Markup {
  const text = frontText(report);
  return text === "" ? nothing : html`<p class="note">${text}</p>`;
}
