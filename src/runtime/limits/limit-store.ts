import type { Picodollars } from "../../base/money.ts";
import type { BudgetPeriod } from "./calendar.ts";

/** A counter: an option of a policy where it stands, and the value of what it counts by. */
export interface CounterKey {
  /** `policy/rule/limit-1`. */
  readonly option: string;
  /** "" where all requests are counted together. */
  readonly value: string;
}

/** Counts against `limit`: requests or tokens. */
export interface RateTake extends CounterKey {
  readonly kind: "rate";
  readonly most: number;
  readonly perMs: number;
  /** Whole; for tokens what is expected. */
  readonly amount: number;
}

/** Reserves from `budget`. */
export interface BudgetTake extends CounterKey {
  readonly kind: "budget";
  /** `mostPicodollars` only counts: it never refuses. */
  readonly most: Picodollars;
  readonly per: BudgetPeriod;
  /** Expected cost. */
  readonly amount: Picodollars;
}

export type Take = RateTake | BudgetTake;

/** A counter of one window. An option whose window is changed counts apart from what it was before: what was asked under that may still wait. */
export interface WindowKey extends CounterKey {
  /** `60000`, `day`. */
  readonly window: string;
}

export function windowOf(take: Take): WindowKey {
  const { option, value } = take;
  return { option, value, window: take.kind === "rate" ? String(take.perMs) : take.per };
}

export function windowText({ option, value, window }: WindowKey): string {
  // A line feed cannot stand in an option's id, nor in a window.
  return `${option}\n${window}\n${value}`;
}

/** What a request took, to be settled once. Plain data. */
export interface Held {
  readonly kind: "held";
  /** Unlike any other of the store. */
  readonly id: string;
  readonly takes: readonly HeldTake[];
}

export interface HeldTake {
  readonly take: Take;
  /** The part of a rate's window, or the beginning of a budget's, that it counts in. */
  readonly place: number;
}

/** A request that takes nothing, since one of its counters has no room. */
export interface Refused {
  readonly kind: "refused";
  /** Index of the first counter without room. */
  readonly index: number;
  /** When there will be room if nothing else is taken until then, in epoch milliseconds; null when there never will be. */
  readonly retryAtMs: number | null;
}

/** A counter at a moment. */
export interface Standing {
  /** Of a budget: what requests under way have reserved. 0 for a rate. */
  readonly reserved: number;
  /** Of a budget: spent. Of a rate: what counts. */
  readonly settled: number;
}

/**
 * Where the counters of limits and budgets are kept. `atMs` is epoch milliseconds. A store that cannot be read or written makes
 * each of these reject, or throw, with a StoreError.
 */
export interface LimitStore {
  /** Takes all that is asked or nothing, in one step. The sum of what is settled and reserved never passes a budget here. */
  admit(takes: readonly Take[], atMs: number): Held | Refused | Promise<Held | Refused>;
  /**
   * Says what each take came to, in their order; 0 gives it back. Nothing is returned where that is all, else a promise that
   * resolves once it is kept as safely as the store keeps anything. Settling the same again changes nothing.
   */
  settle(held: Held, actual: readonly number[], atMs: number): Promise<void> | undefined;
  standing(take: Take, atMs: number): Standing | Promise<Standing>;
  close(): Promise<void>;
}
