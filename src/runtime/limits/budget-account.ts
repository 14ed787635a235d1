import { addMoney, mostPicodollars, type Picodollars } from "../../base/money.ts";
import { type BudgetPeriod, windowAt } from "./calendar.ts";

/** An account as plain data. */
export interface AccountState {
  /** Beginning of the window that the amounts are of, in epoch milliseconds. */
  readonly startMs: number;
  readonly settled: Picodollars;
  readonly reserved: Picodollars;
}

/**
 * What was spent from a budget in the calendar window of now, and what is reserved by requests under way. A new window begins with
 * nothing; what was reserved before it is settled in its own window, which is then over.
 */
export class BudgetAccount {
  readonly #period: BudgetPeriod;
  #startMs: number;
  #settled: Picodollars;
  #reserved: Picodollars;

  constructor(period: BudgetPeriod, state?: AccountState) {
    this.#period = period;
    this.#startMs = state?.startMs ?? Number.NEGATIVE_INFINITY;
    this.#settled = state?.settled ?? 0;
    this.#reserved = state?.reserved ?? 0;
  }

  /** What is spent or spoken for at a moment. */
  used(atMs: number): Picodollars {
    this.#roll(atMs);
    return addMoney(this.#settled, this.#reserved);
  }

  /**
   * When `amount` more would fit into the budget: `atMs` for now, the next window's beginning, or null for never. What may be as
   * much as an amount can be is only counted, and always fits.
   */
  roomAt(amount: Picodollars, most: Picodollars, atMs: number): number | null {
    if (most === mostPicodollars) return atMs;
    if (amount > most || most === 0) return null;
    // Spent up is spent up, also for a request that costs nothing: what it will cost is only expected.
    const used = this.used(atMs);
    return used < most && amount <= most - used ? atMs : windowAt(this.#period, atMs).endMs;
  }

  /** Reserves an amount; returns the beginning of the window it is reserved in. */
  reserve(amount: Picodollars, atMs: number): number {
    this.#roll(atMs);
    this.#reserved = addMoney(this.#reserved, amount);
    return this.#startMs;
  }

  /** Turns what was reserved into what was spent, be it less or more. */
  settle(startMs: number, reserved: Picodollars, actual: Picodollars): void {
    if (startMs !== this.#startMs) return;
    this.#reserved = Math.max(this.#reserved - reserved, 0);
    this.#settled = addMoney(this.#settled, actual);
  }

  /** When the window is over and the account as good as new; 0 when it holds nothing. */
  idleAt(): number {
    if (this.#settled === 0 && this.#reserved === 0) return 0;
    return windowAt(this.#period, this.#startMs).endMs;
  }

  state(): AccountState {
    return { startMs: this.#startMs, settled: this.#settled, reserved: this.#reserved };
  }

  /** A clock that goes back opens no window again: it would be spent twice. */
  #roll(atMs: number): void {
    const { startMs } = windowAt(this.#period, atMs);
    if (startMs <= this.#startMs) return;
    this.#startMs = startMs;
    this.#settled = 0;
    this.#reserved = 0;
  }
}
