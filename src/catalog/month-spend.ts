import { type Microdollars, MoneySum, type Picodollars } from "../base/money.ts";

/** Under this name a record holds what was spent at a provider in its month, in whole micro-dollars, where a choice rested on it. */
export function spentKey(provider: string): string {
  return `provider.${provider}.spent`;
}

const picodollarsPerMicrodollar = 1_000_000n;

/** A month's spend in picodollars as a record holds it: micro-dollars, rounded down. */
export function recordedSpend(spent: bigint): Microdollars {
  const whole = spent / picodollarsPerMicrodollar;
  return whole > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(whole);
}

/** What a record tells of a month's spend, in picodollars; undefined where it tells nothing. */
export function spendOfRecord(recorded: unknown): bigint | undefined {
  return typeof recorded === "number" && Number.isSafeInteger(recorded) && recorded >= 0
    ? BigInt(recorded) * picodollarsPerMicrodollar
    : undefined;
}

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
