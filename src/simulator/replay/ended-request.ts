import type { Picodollars } from "../../base/money.ts";
import type { Cause } from "../../protocol/cause.ts";
import type { AttemptRecord } from "../../runtime/dispatch/machine-types.ts";
import type { Choice } from "../choice.ts";
import type { Arrival } from "./arrivals.ts";
import type { Found } from "./replayed-visit.ts";

/**
 * How a request ended. `rejected` by a rule or a guard, `limited` by a limit, a budget or a queue of the policy, `cached` by a kept answer,
 * `deferred` where it could wait and a provider's batch answered it.
 */
export const endings = [
  "ok",
  "cached",
  "deferred",
  "failed",
  "rejected",
  "limited",
  "client-gone",
] as const;

export type Ending = (typeof endings)[number];

/** A request that is over. Times are milliseconds since the epoch, of the virtual clock. */
export interface EndedRequest {
  readonly arrival: Arrival;
  readonly branch: number;
  readonly choice: Choice;
  readonly ending: Ending;
  /** The target whose answer the client got; null for none. */
  readonly answeredBy: string | null;
  /** Of the failure that the client was told of; null for none. */
  readonly cause: Cause | null;
  /** The option that left no room, for all of the request or for its first steps; null where none did. */
  readonly limitedBy: string | null;
  /** Why another target than the first was asked: what failed or was passed over first; null for nothing. */
  readonly movedBy: Cause | null;
  readonly attempts: readonly AttemptRecord[];
  /** What each attempt cost, in their order; null where that is not known. */
  readonly costs: readonly (Picodollars | null)[];
  /** What a kept answer saved. */
  readonly saved: Picodollars;
  /** How the kept answer was found that it was given; null where it was given none. */
  readonly found: Found | null;
  /** Of one that waited in the batch lane, however it ended; null for all others, whose clients waited for them. */
  readonly waited: Waited | null;
  readonly firstTokenAtMs: number | null;
  readonly arrivedAtMs: number;
  readonly endedAtMs: number;
}

/** What is told of a request that waited in the batch lane. */
export interface Waited {
  /** Whether its time was over before anybody answered. */
  readonly isExpired: boolean;
  /** Whether it waited on the virtual clock; false beyond what can wait at once. */
  readonly isPlayed: boolean;
  /** What it cost less than at the list price; null where a price is not known. */
  readonly saved: Picodollars | null;
}

/** Attempts that answered no request, such as those that fetch a kept answer anew. */
export interface BesideAttempts {
  /** The request beside which they were made. */
  readonly arrival: Arrival;
  /** When it came, in milliseconds since the epoch. */
  readonly arrivedAtMs: number;
  readonly attempts: readonly AttemptRecord[];
  /** What each cost, in their order; null where that is not known. */
  readonly costs: readonly (Picodollars | null)[];
}
