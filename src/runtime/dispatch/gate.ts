import type { Failure } from "../../protocol/failure.ts";
import type { AttemptRecord } from "./machine-types.ts";

/**
 * What stands between dispatches and targets, the same for all requests of a World: it holds attempts off that would be in
 * vain, and hears how each of the others went. Times are monotonic milliseconds.
 */
export interface TargetGate {
  /**
   * Why nothing is to be sent to a target now; null where it may be. `last` says that the request has nowhere else to go: a
   * target that is only being spared takes it then, one that is broken does not.
   */
  holds(target: string, last: boolean, atMs: number): Failure | null;
  /**
   * Where a request that nobody takes may be tried after all: of targets that hold it off, the one where it is least in vain; null
   * where none may be asked.
   */
  lastResort(targets: readonly string[], atMs: number): string | null;
  /** Whether the target's budget of retries and hedges has room for one more. */
  mayRetry(target: string): boolean;
  /** A retry waits for its time, and counts against the budget until what is returned is called. */
  retryWaits(target: string): () => void;
  /**
   * A request waits for its turn at a target that holds it off as `targetFull`; what is returned gives the place up, and is harmless
   * afterwards. One of `turn` and `away` is called, at once perhaps; a turn that is not used goes to the next.
   */
  awaitTurn(wait: TurnWait, waiter: TurnWaiter): () => void;
  /** An attempt is sent. */
  sent(attempt: SentAttempt): OpenAttempt;
}

/** Code of the failure of a target that works on as many requests as it may. */
export const targetFull = "target_full";

export interface TurnWait {
  readonly target: string;
  /** Whom waiting is fair between. */
  readonly caller: string;
  /** By which waiting is fair: tokens of the prompt, above 0. */
  readonly size: number;
  readonly untilMs: number;
}

export interface TurnWaiter {
  /** Something may be sent now; asked again, the gate does not say that the target is full. */
  turn(): void;
  /** There is no room to wait. */
  away(): void;
}

export interface SentAttempt {
  readonly target: string;
  /** A retry or a hedge: one more than the request needs if all goes well. */
  readonly extra: boolean;
  readonly streamed: boolean;
  readonly atMs: number;
}

/** An attempt under way, as the gate knows it. */
export interface OpenAttempt {
  firstToken(atMs: number): void;
  /** It is answered, and for so long nothing is left of a rate limit. */
  exhausted(forMs: number, atMs: number): void;
  /** Called once, at its end; null tells that a fault of ours took it away. */
  ended(record: AttemptRecord | null): void;
}

const unwatched: OpenAttempt = { firstToken() {}, exhausted() {}, ended() {} };

/** A gate that holds nothing off and remembers nothing. */
export const openGate: TargetGate = {
  holds: () => null,
  lastResort: () => null,
  mayRetry: () => true,
  retryWaits: () => () => {},
  awaitTurn: () => () => {},
  sent: () => unwatched,
};
