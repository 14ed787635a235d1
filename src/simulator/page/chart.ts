import { withoutZeros } from "../reports/figures.ts";
import { html, type Markup, nothing } from "./markup.ts";
import { anchorAt, roundScale, timeTicks } from "./scale.ts";

/** Values of one figure over time, null where nothing was measured. */
export interface Series {
  readonly side: "before" | "after";
  /** `area` is filled down to nothing, `thin` dotted. */
  readonly look: "line" | "area" | "thin";
  readonly values: readonly (number | null)[];
}

/** A stretch to shade, by its number in the list of faults. */
export interface Band {
  readonly number: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TimeAxis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly bands: readonly Band[];
}

export interface ChartParts {
  readonly title: string;
  readonly legend: Markup;
  readonly series: readonly Series[];
  readonly axis: TimeAxis;
  /** How a value on the axis is written. */
  readonly format: (value: number) => string;
  /** Columns of the table over time that the cursor tells. */
  readonly columns: readonly number[];
}

const height = 168;
const top = 16;
const bottom = 22;
const inner = height - top - bottom;

/** Units of the stretched part of a drawing: as wide as the chart is, whatever that comes to. */
const stretch = 1_000;

/** A chart over time that takes the width it is given; its text keeps its size. */
export function timeChart({ title, legend, series, axis, format, columns }: ChartParts): Markup {
  const all = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const scale = roundScale(all.reduce((most, value) => Math.max(most, value), 0));
  const yOf = (value: number): number => round(top + inner * (1 - value / scale.top));
  const grid = scale.ticks.map((tick) => {
    const y = yOf(tick);
    return html`<line class="${tick === 0 ? "base" : "rule"}" x1="0" x2="100%" y1="${y}" y2="${y}"/>`;
  });
  const labels = scale.ticks
    .filter((tick) => tick !== 0)
    .map((tick) => html`<text x="0" y="${yOf(tick) - 4}">${withoutZeros(format(tick))}</text>`);
  const shapes = series.map((each) => shapeOf(each, yOf));
  return html`<figure class="card"><h3>${title}</h3>${legend}<div class="plot" data-columns="${columns.join(" ")}" aria-label="${title} over time; the figures are in the table below"><svg width="100%" height="${height}" aria-hidden="true">${bandsOf(axis)}${grid}<svg y="0" width="100%" height="${height}" viewBox="0 0 ${stretch} ${height}" preserveAspectRatio="none">${shapes}</svg>${labels}${timesOf(axis)}<line class="cursor" visibility="hidden" y1="${top}" y2="${height - bottom}"/></svg><div class="tip" hidden></div></div></figure>`;
}

function shapeOf({ side, look, values }: Series, yOf: (value: number) => number): Markup {
  const xOf = (index: number): number => round(((index + 0.5) / values.length) * stretch);
  const runs = runsOf(values);
  const lines = runs.map(({ from, values: run }) => {
    const points = run.map((value, step) => `${xOf(from + step)} ${yOf(value)}`);
    return points.length === 1 ? `M${points[0]}h0` : `M${points.join("L")}`;
  });
  const stroke = html`<path class="s-${side}${look === "thin" ? " s-thin" : ""}" vector-effect="non-scaling-stroke" d="${lines.join("")}"/>`;
  if (look !== "area") return stroke;
  const areas = runs.map(({ from, values: run }) => {
    const points = run.map((value, step) => `${xOf(from + step)} ${yOf(value)}`);
    return `M${xOf(from)} ${yOf(0)}L${points.join("L")}L${xOf(from + run.length - 1)} ${yOf(0)}Z`;
  });
  return html`<path class="a-${side}" d="${areas.join("")}"/>${stroke}`;
}

/** Stretches without a gap. */
function runsOf(
  values: readonly (number | null)[],
): readonly { readonly from: number; readonly values: readonly number[] }[] {
  const runs: { from: number; values: number[] }[] = [];
  let open = false;
  for (const [index, value] of values.entries()) {
    if (value === null) open = false;
    else if (open) runs.at(-1)?.values.push(value);
    else {
      runs.push({ from: index, values: [value] });
      open = true;
    }
  }
  return runs;
}

function bandsOf({ fromMs, toMs, bands }: TimeAxis): readonly Markup[] {
  const percentOf = (atMs: number): number =>
    round(Math.min(100, Math.max(0, ((atMs - fromMs) / (toMs - fromMs)) * 100)));
  return bands.map((band) => {
    const [x, end] = [percentOf(band.fromMs), percentOf(band.toMs)];
    if (end <= x) return nothing;
    return html`<rect class="band" x="${x}%" width="${round(end - x)}%" y="0" height="${height - bottom}"/><text class="bandno" x="${round((x + end) / 2)}%" y="11" text-anchor="middle">${band.number}</text>`;
  });
}

function timesOf({ fromMs, toMs }: TimeAxis): readonly Markup[] {
  return timeTicks(fromMs, toMs).map(({ atMs, label }) => {
    const x = round(((atMs - fromMs) / (toMs - fromMs)) * 100);
    return html`<text x="${x}%" y="${height - 6}" text-anchor="${anchorAt(x)}">${label}</text>`;
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
