import { dollarsOf, MoneySum, type Picodollars, picodollarsPerDollar } from "../../base/money.ts";
import { createRandom } from "../../base/random.ts";
import type { Monthly } from "./economics.ts";

export const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Days of a month, on average. */
export const daysOfMonth = 30.4375;

/** Hours that are kept apart: ten years. */
export const mostHours = 87_660;

/** Fewest days, or hours, from which others like them can be drawn. */
const fewestDays = 7;
const fewestHours = 12;

const draws = 1_000;
const outside = 0.025;

/** What a log spans. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export function daysOf({ fromMs, toMs }: Span): number {
  return (toMs - fromMs) / dayMs;
}

/** What months are drawn from: days where the log has a week of them, hours where it has half a day. */
export function drawnFrom(span: Span): "days" | "hours" | null {
  if (daysOf(span) >= fewestDays) return "days";
  return daysOf(span) * 24 >= fewestHours ? "hours" : null;
}

/** Sums money by the hour in which it is spent. Its size does not depend on how many requests there are. */
export class MoneyByHour {
  readonly #sum = new MoneySum();
  readonly #hours = new Map<number, number>();

  add(amount: Picodollars, atMs: number): void {
    this.#sum.add(amount);
    const hour = Math.floor(atMs / hourMs);
    const before = this.#hours.get(hour);
    if (before === undefined && this.#hours.size >= mostHours) return;
    this.#hours.set(hour, (before ?? 0) + amount / picodollarsPerDollar);
  }

  /** Over the log's span, and as a month of such days or hours. */
  monthly(span: Span | null, seed: string): Monthly {
    const total = dollarsOf(this.#sum.total());
    const days = span === null ? 0 : daysOf(span);
    if (span === null || days <= 0) return { total, month: null, low: null, high: null };
    const month = (total / days) * daysOfMonth;
    const [low, high] = this.#bounds(span, seed) ?? [null, null];
    return { total, month, low, high };
  }

  /** Draws as many days or hours as the log has from those it has, again and again (Efron's bootstrap, percentile method). */
  #bounds(span: Span, seed: string): readonly [number, number] | null {
    const unit = drawnFrom(span);
    if (unit === null) return null;
    const blocks = this.#blocks(span, unit === "days" ? 24 : 1);
    const random = createRandom(`months/${seed}`);
    const scale = daysOfMonth / daysOf(span);
    const sums = Array.from({ length: draws }, () => {
      let sum = 0;
      for (let draw = 0; draw < blocks.length; draw += 1)
        sum += blocks[random.integer(blocks.length)] ?? 0;
      return sum * scale;
    }).toSorted((a, b) => a - b);
    const at = (share: number): number => sums[Math.floor(share * (draws - 1))] ?? 0;
    return [at(outside), at(1 - outside)];
  }

  /** Sums of stretches of so many hours, from the log's first on; those without any spending too. */
  #blocks({ fromMs, toMs }: Span, hours: number): readonly number[] {
    const first = Math.floor(fromMs / hourMs);
    const count = Math.floor((Math.floor(toMs / hourMs) - first) / hours) + 1;
    const blocks = new Array<number>(count).fill(0);
    for (const [hour, dollars] of this.#hours) {
      const block = Math.floor((hour - first) / hours);
      if (block >= 0 && block < count) blocks[block] = (blocks[block] ?? 0) + dollars;
    }
    return blocks;
  }
}
