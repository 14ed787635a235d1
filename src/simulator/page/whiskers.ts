import type { Change } from "../replay/compare.ts";
import { changed, figure, isClear, type Unit, withoutZeros } from "../reports/figures.ts";
import { signedPercent } from "../reports/signed-percent.ts";
import { html, type Markup, nothing, printed, shortName } from "./markup.ts";
import { anchorAt } from "./scale.ts";

export interface WhiskerRow {
  readonly name: string;
  readonly unit: Unit;
  readonly change: Change;
  /** What is good about it; null for neither. */
  readonly wants: "less" | "more" | null;
}

export interface WhiskerParts {
  readonly title: string;
  readonly what: string;
  readonly rows: readonly WhiskerRow[];
  /** Whether the axis shows differences as a part of what it was; else as they are. */
  readonly isRelative: boolean;
}

const rowsShown = 10;

/** Beyond these parts of what it was, an interval ends at the edge. */
const widest = 3;

/** Differences as dots between the bounds they lie in with 95 % confidence, on one axis, with the figures beside. */
export function whiskers({ title, what, rows, isRelative }: WhiskerParts): Markup {
  const shown = rows.filter(({ change }) => !isRelative || change.before > 0).slice(0, rowsShown);
  if (shown.length === 0) return nothing;
  const axis = axisOf(shown.map(({ change }) => boundsOf(change, isRelative)));
  const told = shown.map((row) => rowOf(row, isRelative, axis));
  const by = isRelative ? "change, as a part of what it was" : "change, in percentage points";
  const more =
    rows.length > rowsShown
      ? html`<p class="note">and ${rows.length - rowsShown} more</p>`
      : nothing;
  return html`<section class="card"><h3>${title}</h3><div class="scroll"><table class="dots"><thead><tr><th scope="col" class="l">${what}</th><th scope="col" class="l"><span class="sr">${by}</span>${scaleOf(axis, isRelative)}</th></tr></thead><tbody>${told}</tbody></table></div>${more}</section>`;
}

interface Axis {
  readonly low: number;
  readonly high: number;
}

function boundsOf({ before, delta, low, high }: Change, isRelative: boolean): readonly number[] {
  const by = isRelative ? before : 1;
  return [delta, low ?? delta, high ?? delta].map((value) =>
    isRelative ? Math.min(widest, Math.max(-widest, value / by)) : value,
  );
}

function axisOf(bounds: readonly (readonly number[])[]): Axis {
  const all = [0, ...bounds.flat()];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = (high - low || 0.02) * 0.08;
  return { low: low - room, high: high + room };
}

const placeOf = (value: number, { low, high }: Axis): string =>
  `${Math.round(((value - low) / (high - low)) * 10_000) / 100}%`;

/** The ends of the axis and its zero, in words. */
function scaleOf(axis: Axis, isRelative: boolean): Markup {
  const told = (value: number): string =>
    isRelative ? signedPercent(value) : signedPercent(value).replace(" %", " pp");
  const ends = [axis.low, axis.high]
    .map(roundBelow)
    .filter((value) => Math.abs(value) > (axis.high - axis.low) * leastApart);
  const marks = [0, ...ends].map((value) => {
    const text = value === 0 ? "0" : printed(withoutZeros(told(value)));
    const x = placeOf(value, axis);
    return html`<text x="${x}" y="12" text-anchor="${anchorAt(Number.parseFloat(x))}">${text}</text>`;
  });
  return html`<svg width="100%" height="15" aria-hidden="true">${marks}</svg>`;
}

/** How far marks are apart at least, as a part of the axis: else their texts would touch. */
const leastApart = 0.24;

/** The largest round number that is no further from nothing. */
function roundBelow(value: number): number {
  if (value === 0) return 0;
  const power = 10 ** Math.floor(Math.log10(Math.abs(value)));
  const step = [5, 2, 1].find((each) => each * power <= Math.abs(value)) ?? 1;
  return Math.sign(value) * step * power;
}

function rowOf({ name, unit, change, wants }: WhiskerRow, isRelative: boolean, axis: Axis): Markup {
  const [delta = 0, low = 0, high = 0] = boundsOf(change, isRelative);
  const feel = feelOf(change, wants);
  const open = isClear(change) ? "" : " open";
  const was = `${figure(change.before, unit)} → ${figure(change.after, unit)}`;
  const told = isClear(change) ? changed(change, unit) : `${changed(change, unit)}, not clear`;
  const part = isRelative
    ? html`<b>${printed(signedPercent(change.delta / change.before))}</b> `
    : nothing;
  return html`<tr><th scope="row">${shortName(name)}<br><span class="note">${was}</span></th><td class="dot"><svg width="100%" height="18" aria-hidden="true"><line class="zero" x1="${placeOf(0, axis)}" x2="${placeOf(0, axis)}" y1="-6" y2="24"/><line class="whisker ${feel}" x1="${placeOf(low, axis)}" x2="${placeOf(high, axis)}" y1="9" y2="9"/><circle class="dotc ${feel}${open}" cx="${placeOf(delta, axis)}" cy="9" r="4.5"/></svg><span class="fig">${part}${printed(told)}</span></td></tr>`;
}

/** Whether a change is for the better, by the class that colours it. */
export function feelOf(change: Change, wants: WhiskerRow["wants"]): "good" | "bad" | "even" {
  if (wants === null || !isClear(change)) return "even";
  return change.delta < 0 === (wants === "less") ? "good" : "bad";
}
