import type { PicodollarsPerToken } from "../../base/money.ts";
import type { Cause } from "../../protocol/cause.ts";

/** A moment as an operator names it: of the day (UTC) at which the log first reaches it, after the log's beginning, or by itself. */
export type Moment =
  | { readonly kind: "of-day"; readonly ms: number }
  | { readonly kind: "after-start"; readonly ms: number }
  | { readonly kind: "epoch"; readonly ms: number };

/** A stretch of the log; all of it where no beginning is named, and from there on where no length is. */
export interface Stretch {
  readonly from: Moment | null;
  readonly forMs: number | null;
}

/** Targets by their own name, by their provider's, or `*` for all. */
export interface Fault extends Stretch {
  readonly target: string;
}

/** No attempt is answered. */
export interface Outage extends Fault {
  readonly cause: Cause;
}

/** So many attempts are taken in a period, the others refused with 429. */
export interface Throttle extends Fault {
  readonly most: number;
  readonly perMs: number;
}

/** Answers take so many times as long. */
export interface Slowness extends Fault {
  readonly factor: number;
}

/** Another price of a target. */
export interface PriceChange {
  readonly target: string;
  /** Of what; null for all of it. */
  readonly of: "input" | "output" | null;
  readonly change:
    | { readonly kind: "times"; readonly factor: number }
    | { readonly kind: "is"; readonly price: PicodollarsPerToken };
}

export interface Capacity {
  readonly target: string;
  /** Attempts that it works on at once. */
  readonly slots: number;
}

/** What is taken to be other than the log and the configuration say. */
export interface Scenario {
  readonly name: string;
  readonly outages: readonly Outage[];
  readonly throttles: readonly Throttle[];
  readonly slow: readonly Slowness[];
  readonly prices: readonly PriceChange[];
  readonly capacities: readonly Capacity[];
  /** Requests for one of the log. */
  readonly traffic: number;
  /** By how much that grows a day. */
  readonly growthPerDay: number;
}

/** All as it was. */
export const asItWas: Scenario = {
  name: "as it was",
  outages: [],
  throttles: [],
  slow: [],
  prices: [],
  capacities: [],
  traffic: 1,
  growthPerDay: 0,
};
