import { count, dollars, percent } from "../print-table.ts";
import type { Change } from "../replay/compare.ts";

/** What a figure is of: how it is written. */
export type Unit = "requests" | "dollars" | "ms" | "share";

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;

/** A length of time as people say it: `459 ms`, `6.03 s`, `62.5 s`, `3.5 min`, `2.0 h`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 2 * minuteMs - 50) return `${(ms / secondMs).toFixed(ms < 9_995 ? 2 : 1)} s`;
  return ms < 2 * hourMs ? `${(ms / minuteMs).toFixed(1)} min` : `${(ms / hourMs).toFixed(1)} h`;
}

export function figure(value: number, unit: Unit): string {
  if (unit === "requests") return count(value);
  if (unit === "dollars") return dollars(value);
  return unit === "ms" ? duration(value) : percent(value);
}

/** `10 s` for `10.0 s`: a round figure that was chosen, not measured. */
export function withoutZeros(text: string): string {
  return text.replace(/\.0+(?!\d)/, "");
}

/** A difference with its sign; of shares in percentage points. Zero bears no sign. */
export function signed(delta: number, unit: Unit): string {
  const size = Math.abs(delta);
  const text = unit === "share" ? `${(size * 100).toFixed(1)} pp` : figure(size, unit);
  if (!/[1-9]/.test(text)) return text;
  return `${delta < 0 ? "-" : "+"}${text}`;
}

/** `-$19.83 (-$20.37 to -$19.25)`: a difference and the bounds it lies in with 95 % confidence. */
export function changed(change: Change, unit: Unit): string {
  return `${signed(change.delta, unit)} (${boundsOf(change, unit)})`;
}

export function boundsOf({ low, high }: Change, unit: Unit): string {
  if (low === null || high === null) return "too few requests for bounds";
  return `${signed(low, unit)} to ${signed(high, unit)}`.replaceAll(" pp", "");
}

/** Whether a difference is one, with 95 % confidence. */
export function isClear({ low, high }: Change): boolean {
  return (low !== null && low > 0) || (high !== null && high < 0);
}

/** A difference as a part of what it was; null where that was nothing. */
export function relative({ before, delta }: Pick<Change, "before" | "delta">): number | null {
  return before > 0 ? delta / before : null;
}

/** `2025-11-13 02:13:20`, UTC. */
export function moment(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace("T", " ");
}

export const dayMs = 86_400_000;

/** A moment of a log as short as its length allows: `02:13:20`, `02:13`, `11-13 02:13`; UTC. */
export function shortMoment(atMs: number, spanMs: number): string {
  const text = moment(atMs);
  if (spanMs < 5 * minuteMs) return text.slice(11);
  return spanMs <= dayMs ? text.slice(11, 16) : text.slice(5, 16);
}

/** The width of a log's intervals in milliseconds. */
export function widthOf(intervals: readonly { readonly atMs: number }[]): number {
  const [first, second] = intervals;
  return first === undefined || second === undefined ? secondMs : second.atMs - first.atMs;
}
