import type { CounterKey, LimitStore, Take } from "./limit-store.ts";
import type { Timers } from "./waiter.ts";

/** A place among so many requests at work. */
export interface TurnWish {
  readonly counter: CounterKey;
  readonly most: number;
  /** How long its turn may be waited for; null for not at all. */
  readonly waitMs: number | null;
}

/** What counts against a limit or a budget. Only a limit can be waited for. */
export interface TakeWish {
  readonly take: Take;
  readonly waitMs: number | null;
}

/** What a request needs before it may be sent. */
export interface Wish {
  /** Whom waiting is fair between. */
  readonly caller: string;
  /** By which waiting is fair: the tokens that are expected, above 0. */
  readonly size: number;
  readonly turns: readonly TurnWish[];
  readonly takes: readonly TakeWish[];
}

/** No leave. `gone`: it waits no longer. */
export interface TurnedAway {
  readonly kind: "turned-away" | "gone";
  /** The counter without room; null for one that is gone. */
  readonly by: CounterKey | null;
  /** When it may be worth another try, in epoch milliseconds; null where nobody can say. */
  readonly retryAtMs: number | null;
}

export interface AdmissionParts {
  readonly store: LimitStore;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly timers: Timers;
  /** Requests that may wait at one counter. */
  readonly mostWaiting?: number;
}

/** Nobody is there to be told any more. */
export const goneAway: TurnedAway = { kind: "gone", by: null, retryAtMs: null };
