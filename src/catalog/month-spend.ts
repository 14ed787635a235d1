import { MoneySum, type Picodollars } from "../base/money.ts";

/** What was spent at a provider in the month of a moment (UTC), in picodollars. A ledger that outlives the process fits here too. */
export interface MonthSpend {
  spent(provider: string, atMs: number): bigint;
}

/** Sums what is spent by provider since it was made: after a restart, discounts begin anew. Only the month under way is kept. */
export class RunningSpend implements MonthSpend {
  readonly #sums = new Map<string, { month: number; sum: MoneySum }>();

  /** Adds the cost of an attempt that ended at a moment. One of a month that is over for its provider is left out. */
  add(provider: string, cost: Picodollars, atMs: number): void {
    const month = monthOf(atMs);
    let kept = this.#sums.get(provider);
    if (kept === undefined || kept.month < month) {
      kept = { month, sum: new MoneySum() };
      this.#sums.set(provider, kept);
    }
    if (kept.month === month) kept.sum.add(cost);
  }

  spent(provider: string, atMs: number): bigint {
    const kept = this.#sums.get(provider);
    return kept === undefined || kept.month !== monthOf(atMs) ? 0n : kept.sum.total();
  }
}

/** Months since the year 0. */
function monthOf(atMs: number): number {
  const date = new Date(atMs);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}
