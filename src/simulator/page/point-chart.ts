import { withoutZeros } from "../reports/figures.ts";
import { html, type Markup, nothing } from "./markup.ts";
import { anchorAt, rangeScale } from "./scale.ts";

/** A point of a curve. */
export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** What stands at it where there is room. */
  readonly label: string;
  /** What is told under the pointer. */
  readonly tells: string;
  /** `full` is a dot that counts, `open` one that is beaten, `now` what holds today; `none` only bends the line. */
  readonly look: "full" | "open" | "now" | "none";
}

/** How a point looks: the one that matters, one that counts, or one that is beaten. */
export function lookOf(isHere: boolean, counts: boolean): ChartPoint["look"] {
  if (isHere) return "now";
  return counts ? "full" : "open";
}

export interface Curve {
  readonly side: "before" | "after";
  readonly points: readonly ChartPoint[];
}

export interface PointChartParts {
  /** Unlike that of any other chart of the page. */
  readonly id: string;
  readonly title: string;
  /** What is seen, for those who do not see it. */
  readonly tells: string;
  /** What goes up and what to the right. */
  readonly axes: string;
  readonly legend: Markup;
  readonly curves: readonly Curve[];
  readonly xText: (value: number) => string;
  readonly yText: (value: number) => string;
  /** A line across at a value that is asked for. */
  readonly limit?: { readonly y: number; readonly label: string };
}

const height = 250;
const top = 22;
const bottom = 26;
const inner = height - top - bottom;

/** Percents of the width in which points lie: what is before them is for the marks of the other axis. */
const left = 15;
const right = 94;

interface Places {
  readonly xOf: (value: number) => number;
  readonly yOf: (value: number) => number;
}

/** Points with lines between them; it takes the width it is given, and its text keeps its size. */
export function pointChart(parts: PointChartParts): Markup {
  const { id, title, tells, axes, legend, curves, xText, yText, limit } = parts;
  const all = curves.flatMap(({ points }) => points);
  if (all.length === 0) return nothing;
  const xs = rangeScale(all.map(({ x }) => x));
  const ys = rangeScale([...all.map(({ y }) => y), ...(limit === undefined ? [] : [limit.y])]);
  const places: Places = {
    xOf: (x) => round(left + ((right - left) * (x - xs.from)) / (xs.to - xs.from)),
    yOf: (y) => round(top + inner * (1 - (y - ys.from) / (ys.to - ys.from))),
  };
  const across = (y: number, look: string): Markup =>
    html`<line class="${look}" x1="0" x2="100%" y1="${places.yOf(y)}" y2="${places.yOf(y)}"/>`;
  const grid = ys.ticks.map((tick) => across(tick, tick === ys.from ? "base" : "rule"));
  const rows = marksOf(ys.ticks, yText).map(
    ({ tick, mark }) => html`<text x="0" y="${places.yOf(tick) - 4}">${mark}</text>`,
  );
  const marks = marksOf(xs.ticks, xText).map(
    ({ tick, mark }) =>
      html`<text x="${places.xOf(tick)}%" y="${height - 8}" text-anchor="middle">${mark}</text>`,
  );
  const asked =
    limit === undefined
      ? nothing
      : html`${across(limit.y, "limit")}<text class="strong" x="100%" y="${places.yOf(limit.y) - 5}" text-anchor="end">${limit.label}</text>`;
  return html`<figure class="card points"><h3>${title}</h3><p class="note">${axes}</p>${legend}<svg width="100%" height="${height}" role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${title}</title><desc id="${id}-desc">${tells}</desc>${grid}${asked}${rows}${marks}${curves.map((curve) => lineOf(curve, places))}${curves.map((curve) => dotsOf(curve, places))}${labelsOf(all, places, limit)}</svg></figure>`;
}

/** What stands at an axis, each text once. */
function marksOf(
  ticks: readonly number[],
  text: (value: number) => string,
): readonly { readonly tick: number; readonly mark: string }[] {
  const marks = ticks.map((tick) => ({ tick, mark: withoutZeros(text(round6(tick))) }));
  return marks.filter(({ mark }, index) => mark !== marks[index - 1]?.mark);
}

/** As wide as the chart is, whatever that comes to. */
function lineOf({ side, points }: Curve, { xOf, yOf }: Places): Markup {
  const path = points.map(({ x, y }) => `${xOf(x)} ${yOf(y)}`).join("L");
  return html`<svg width="100%" height="${height}" viewBox="0 0 100 ${height}" preserveAspectRatio="none"><path class="s-${side} join" vector-effect="non-scaling-stroke" d="M${path}"/></svg>`;
}

function dotsOf({ side, points }: Curve, { xOf, yOf }: Places): readonly Markup[] {
  return points.flatMap(({ x, y, look, tells }) => {
    if (look === "none") return [];
    const at = html`cx="${xOf(x)}%" cy="${yOf(y)}"`;
    const ring = look === "now" ? html`<circle class="ring" ${at} r="9"/>` : nothing;
    const fill = look === "open" ? "pt-open" : `f-${side}`;
    return [html`${ring}<circle class="pt ${fill}" ${at} r="4.5"><title>${tells}</title></circle>`];
  });
}

/** The narrowest that a chart is drawn, in pixels, and what a letter takes of it. */
const narrowest = 300;
const letter = 6.6;
const line = 13;

/** Labels of the points that count first; one that would touch another is left out. */
function labelsOf(
  points: readonly ChartPoint[],
  { xOf, yOf }: Places,
  limit: PointChartParts["limit"],
): readonly Markup[] {
  const taken: Box[] = [];
  if (limit !== undefined) {
    const box = boxOf(limit.label, 100, yOf(limit.y) - 5);
    taken.push({ ...box, from: 2 * box.from - narrowest });
  }
  const order = ["now", "full", "open"];
  const sorted = points
    .filter(({ look, label }) => look !== "none" && label !== "")
    .toSorted((a, b) => order.indexOf(a.look) - order.indexOf(b.look));
  return sorted.flatMap(({ x, y, label, look }) => {
    const at = { x: xOf(x), y: yOf(y) };
    for (const dy of [-13, 22]) {
      const box = boxOf(label, at.x, at.y + dy);
      // Below stand the marks of the axis.
      if (box.bottom > height - bottom) continue;
      if (taken.some((other) => touches(box, other))) continue;
      taken.push(box);
      const strong = look === "now" ? html` class="strong"` : nothing;
      return [
        html`<text${strong} x="${at.x}%" y="${round(at.y + dy)}" text-anchor="${anchorAt(at.x)}">${label}</text>`,
      ];
    }
    return [];
  });
}

interface Box {
  readonly from: number;
  readonly to: number;
  readonly top: number;
  readonly bottom: number;
}

function boxOf(label: string, x: number, y: number): Box {
  const middle = (x / 100) * narrowest;
  const half = (label.length * letter) / 2 + 3;
  return { from: middle - half, to: middle + half, top: y - line, bottom: y + 2 };
}

function touches(one: Box, other: Box): boolean {
  return (
    one.from < other.to && other.from < one.to && one.top < other.bottom && other.top < one.bottom
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Without the last digits of binary fractions. */
function round6(value: number): number {
  return Number(value.toPrecision(6));
}
