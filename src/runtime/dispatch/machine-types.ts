import type { Failure } from "../../protocol/failure.ts";
import type { Usage } from "../../protocol/usage.ts";

/** Timers of a dispatch; at most one of each kind runs at a time. */
export type TimerKind = "deadline" | "attempt" | "first-token" | "idle" | "backoff";

/** What happens to a dispatch: reported by the World, in order. `atMs` is monotonic. */
export type DispatchEvent =
  | { readonly kind: "start"; readonly atMs: number }
  /** The first meaningful piece of a stream arrived; its bytes wait at the World. */
  | { readonly kind: "first-token"; readonly attempt: number; readonly atMs: number }
  /** The attempt's answer is whole; for a stream, all of it was handed on. */
  | {
      readonly kind: "completed";
      readonly attempt: number;
      readonly usage: Usage | null;
      readonly atMs: number;
    }
  | {
      readonly kind: "failed";
      readonly attempt: number;
      readonly failure: Failure;
      readonly usage: Usage | null;
      readonly atMs: number;
    }
  /** `lastByteAtMs`: when bytes last arrived from the attempt, so that the idle timer needs no event per chunk. */
  | {
      readonly kind: "timer";
      readonly timer: TimerKind;
      readonly atMs: number;
      readonly lastByteAtMs: number;
    }
  | { readonly kind: "client-gone"; readonly atMs: number };

/** What a dispatch wants done, in order. */
export type DispatchAction =
  | { readonly kind: "send"; readonly attempt: number; readonly target: string }
  /** Stop an attempt and free its connection; nothing of it is reported any more. */
  | { readonly kind: "abort"; readonly attempt: number }
  | { readonly kind: "set-timer"; readonly timer: TimerKind; readonly delayMs: number }
  | { readonly kind: "clear-timer"; readonly timer: TimerKind }
  /** From here on this attempt's output is the client's. Issued at most once. */
  | { readonly kind: "commit"; readonly attempt: number }
  /** The dispatch is over. After a commit, a failure ends the stream with an error event. */
  | { readonly kind: "finish"; readonly result: DispatchResult };

export type AttemptOutcome =
  | { readonly kind: "ok" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "aborted"; readonly why: "client-gone" | "deadline" };

/** One try at one target, as the decision record keeps it. Times are monotonic milliseconds. */
export interface AttemptRecord {
  readonly target: string;
  readonly step: number;
  readonly startedAtMs: number;
  readonly firstTokenAtMs: number | null;
  readonly endedAtMs: number;
  readonly outcome: AttemptOutcome;
  readonly usage: Usage | null;
}

export interface DispatchResult {
  readonly outcome: "ok" | "failed" | "client-gone";
  /** The failure the client is told of; null when ok. */
  readonly failure: Failure | null;
  readonly committed: boolean;
  readonly attempts: readonly AttemptRecord[];
}
