import type { Cause } from "../../protocol/cause.ts";
import type { Quantiles } from "./quantiles.ts";

/** A time that grows with a count of tokens: (base + per token × tokens) × a ratio, drawn anew each time. */
export interface TimeModel {
  readonly baseMs: number;
  readonly perTokenMs: number;
  readonly ratios: Quantiles;
}

/** How long a target takes to answer. */
export interface SpeedModel {
  /** From sending to the first token, by tokens of the prompt. */
  readonly firstToken: TimeModel;
  /** From the first token to the end, by tokens of the answer after the first. */
  readonly rest: TimeModel;
  /** Share of answers whose two ratios are of one rank, so that a slow start means a slow answer; those of others have nothing to do with each other. */
  readonly together: number;
}

/** A kind of failure that shows before anything of an answer. */
export interface FailureModel {
  readonly cause: Cause;
  /** HTTP status; null where there was none. */
  readonly status: number | null;
  /** What the target says about when to come back; null for nothing. */
  readonly retryAfterMs: number | null;
  /** Share of all attempts. */
  readonly share: number;
  /** When it shows, in milliseconds after sending. */
  readonly afterMs: Quantiles;
}

/** A way in which streams break that have begun. */
export interface BreakModel {
  readonly cause: Cause;
  readonly status: number | null;
  /** Whether the stream falls silent without an end; otherwise the failure tells. */
  readonly silent: boolean;
  /** Share of all streamed attempts. */
  readonly share: number;
  /** After which share of the time between first token and end. */
  readonly after: Quantiles;
}

/** A target's own limit of a rate: attempts beyond it in a minute get a 429. */
export interface ThrottleModel {
  readonly perMinute: number;
  readonly retryAfterMs: number | null;
  readonly afterMs: Quantiles;
}

/** How a target behaves, as plain data. */
export interface TargetModel extends SpeedModel {
  /** Attempts that it rests on, and those of them that were answered; both 0 for one that is not from a log. */
  readonly attempts: number;
  readonly answers: number;
  /** Tokens of the middle prompt and of the middle answer; null where nobody knows. */
  readonly usual: { readonly inputTokens: number; readonly outputTokens: number } | null;
  /** Share of attempts of which nothing is heard, for as long as anybody in the log has waited. */
  readonly silent: number;
  readonly failures: readonly FailureModel[];
  readonly breaks: readonly BreakModel[];
  /** Attempts that it works on at once before others wait in its own queue; null where that is not known. */
  readonly capacity: number | null;
  /** Null where none shows; refusals are among the failures then. */
  readonly throttle: ThrottleModel | null;
  /** How long a batch takes there, from its making to its end; absent, or null, where that is not known. */
  readonly batchMs?: Quantiles | null;
}

/** A stretch of time in which a target failed nearly all attempts. Its failures are in no model's shares. */
export interface Outage {
  readonly target: string;
  /** Milliseconds after the log's first request. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly attempts: number;
  /** Share of attempts that failed. */
  readonly share: number;
  /** The commonest of the causes. */
  readonly cause: Cause;
  readonly status: number | null;
  /** When a failure shows, in milliseconds after sending; null where the target was not heard of until nobody waited any more. */
  readonly afterMs: Quantiles | null;
}

/** What models were taken from. */
export interface ModelledLog {
  readonly requests: number;
  readonly attempts: number;
  /** Of the first and the last request: milliseconds since the epoch, or after a zero of the log's own; null where it tells no times. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Attempts at targets of which there were too many to model. */
  readonly leftOut: number;
}

/** The outages of a log, and when it was. */
export interface ShownOutages {
  readonly log: Pick<ModelledLog, "fromMs" | "toMs">;
  /** By time. */
  readonly outages: readonly Outage[];
}

/** The targets of a log with how they behave. */
export interface Models extends ShownOutages {
  readonly log: ModelledLog;
  /** By name, in the order of names. */
  readonly targets: ReadonlyMap<string, TargetModel>;
}
