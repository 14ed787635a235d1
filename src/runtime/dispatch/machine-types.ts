import type { Failure } from "../../protocol/failure.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { TargetGate } from "./gate.ts";

/** The rules of one dispatch: pure but for its own state and the random draws it is given. */
export interface Machine {
  /**
   * What to do about an event; empty when it changes nothing, and always after a `finish`. `progress` is asked only of attempts that
   * may have to be stopped.
   */
  handle(event: DispatchEvent, progress: AskProgress): readonly DispatchAction[];
  /** The attempts that are over, in order. */
  readonly attempts: readonly AttemptRecord[];
  readonly skipped: readonly SkippedTarget[];
}

/** What a machine asks of the targets; it changes nothing there. */
export type GateQuestions = Pick<TargetGate, "holds" | "mayRetry" | "lastResort">;

/**
 * What happens to a dispatch: reported by its driver, in order. `atMs` is monotonic. `attempt` counts sends from 0;
 * an event of an attempt that is not running any more is ignored.
 */
export type DispatchEvent =
  | {
      readonly kind: "start";
      readonly atMs: number;
      /** Why the first step is not to be tried: the request begins as if that had failed. */
      readonly refused?: Failure | undefined;
    }
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
  /** The alarm rang; it may ring early or late, the machine looks which of its limits has passed. */
  | { readonly kind: "wake"; readonly atMs: number }
  /** Its turn at the target that it waits for has come, or will not. */
  | { readonly kind: "turn"; readonly atMs: number }
  | { readonly kind: "no-turn"; readonly atMs: number }
  | { readonly kind: "client-gone"; readonly atMs: number };

/** How far a running attempt is, asked only where the machine may have to stop it; no event per chunk is needed. */
export type AskProgress = (attempt: number) => AttemptProgress;

export interface AttemptProgress {
  /** When bytes last arrived, as `Attempt.lastByteAtMs` counts them. */
  readonly lastByteAtMs: number;
  /** Tokens billed so far, by the provider's count or an estimate; null when neither is known. */
  readonly usage: Usage | null;
}

/** What a dispatch wants done, in order. */
export type DispatchAction =
  | {
      readonly kind: "send";
      readonly attempt: number;
      readonly target: string;
      /** Whether it is one more than the request needs if all goes well: the target failed it before, or another is only slow. */
      readonly extra: boolean;
      /** Whether it goes on with a stream that the client has the beginning of. */
      readonly continues: boolean;
    }
  /** A retry of this target waits for its time: it counts against the target's budget until it is sent or given up. */
  | { readonly kind: "await-retry"; readonly target: string }
  /** The request waits for its turn at a full target: `turn` or `no-turn` tells of it, unless it is given up before. */
  | { readonly kind: "await-turn"; readonly target: string; readonly untilMs: number }
  /** Stop an attempt and free its connection; nothing of it is reported any more. */
  | { readonly kind: "abort"; readonly attempt: number }
  /** Wake the machine at this monotonic time. One alarm: a new one takes the place of the last. */
  | { readonly kind: "alarm"; readonly atMs: number }
  /**
   * From here on this attempt's output is the client's; `sent` counts all attempts so far. Issued once, and again for an attempt that
   * goes on with the stream.
   */
  | { readonly kind: "commit"; readonly attempt: number; readonly sent: number }
  /** The dispatch is over, its alarm too. After a commit, a failure ends the stream with an error event. */
  | { readonly kind: "finish"; readonly result: DispatchResult };

export type AttemptOutcome =
  | { readonly kind: "ok" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "aborted"; readonly why: AbortReason };

/** `outrun` by another attempt that was sent beside it. */
export type AbortReason = "client-gone" | "deadline" | "outrun";

/** One try at one target, as the decision record keeps it; in the order in which they ended. Times are monotonic milliseconds. */
export interface AttemptRecord {
  /** Counts sends from 0. */
  readonly attempt: number;
  /** Whether it was sent beside another that was slow. */
  readonly hedge: boolean;
  readonly target: string;
  /** Index of the plan's step. */
  readonly step: number;
  readonly startedAtMs: number;
  /** First meaningful piece of a stream; null when none came, or the answer was not streamed. */
  readonly firstTokenAtMs: number | null;
  readonly endedAtMs: number;
  readonly outcome: AttemptOutcome;
  readonly usage: Usage | null;
  /** Of a request that could wait: whether it was made in a provider's batch. Absent where a client held the line. */
  readonly isBatched?: boolean;
}

/** A target of the plan that was not asked, and why. */
export interface SkippedTarget {
  readonly target: string;
  readonly step: number;
  readonly failure: Failure;
}

export interface DispatchResult {
  readonly outcome: "ok" | "failed" | "client-gone";
  /** The failure the client is told of; null when ok or gone. */
  readonly failure: Failure | null;
  /** Whether anything of an answer was handed to the client. */
  readonly committed: boolean;
  readonly attempts: readonly AttemptRecord[];
  /** Targets that were held off, in order. */
  readonly skipped: readonly SkippedTarget[];
}
