import type { Failure } from "../../protocol/failure.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { Plan } from "../plan/plan.ts";
import type { TargetGate } from "./gate.ts";
import type { DispatchResult } from "./machine-types.ts";

/** One request to be dispatched, as every World knows it; each World adds what it needs to send. */
export interface Job {
  readonly plan: Plan;
  /** Whether the client asked for a stream. First-token and idle limits hold for streams only. */
  readonly streamed: boolean;
  /** Whom waiting for a full target is fair between; null for a job that does not wait. Those that name nobody are one. */
  readonly caller?: string | null;
  /** Why the plan's first step is not to be tried, such as a budget that is spent. */
  readonly refused?: Failure | undefined;
  /** Estimated tokens of the prompt; asked only where it waits, or an answer was begun and its provider has not counted them. */
  promptTokens?(): number;
  /** Called exactly once, last, when nothing of the request is running any more. */
  finished(result: DispatchResult): void;
}

/** What an attempt tells the dispatch that started it. `attempt` is the number it was started with. */
export interface AttemptReports {
  /** The first meaningful piece of a stream is here. At most once, never after the attempt has ended. */
  firstToken(attempt: number): void;
  /** The answer is whole. Either this or `failed` ends an attempt, unless it is aborted. */
  completed(attempt: number, usage: Usage | null): void;
  failed(attempt: number, failure: Failure, usage: Usage | null): void;
  /** The target answers, and says that nothing is left of a rate limit for so long. */
  exhausted(attempt: number, forMs: number): void;
}

/** One running attempt, in the hands of the dispatch. */
export interface Attempt {
  /**
   * Monotonic time of the last bytes from the target, the present while the client holds them back. Pings count for a while, so
   * that a stream of nothing else ends after three idle limits.
   */
  lastByteAtMs(): number;
  /** Tokens counted by the provider so far; for a stream that was begun without a count, an estimate. */
  usage(): Usage | null;
  /**
   * From now on its output goes to the client: what was held back first, then the rest as it comes. `sent` counts the attempts made
   * so far.
   */
  commit(sent: number): void;
  /** Ends the client's stream: null after a whole answer, else the failure that cut it. Only after `commit` of a stream. */
  close(failure: Failure | null): void;
  /** Stops it and frees its connection. Reports nothing from here on. Harmless when it has ended. */
  abort(): void;
}

/** A wake-up call that can be moved and cancelled; rings at most once per `set`, never before its time. */
export interface Alarm {
  set(atMs: number): void;
  clear(): void;
}

/** All that a dispatch may do to the world outside: production has sockets behind it, the simulator a virtual clock. */
export interface World<J extends Job> {
  /** What stands before the targets. */
  readonly gate: TargetGate;
  /** Monotonic milliseconds. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  createAlarm(ring: () => void): Alarm;
  /** Told of a fault of our own in the middle of a dispatch, which then fails. */
  bug(error: unknown): void;
  /** Starts attempt `order.attempt`; it may report before this returns. */
  start(order: AttemptOrder<J>, reports: AttemptReports): Attempt;
}

export interface AttemptOrder<J extends Job> {
  readonly job: J;
  readonly attempt: number;
  readonly target: string;
  /** Whether it goes on with a stream that the client has the beginning of. */
  readonly continues: boolean;
}

/** What is known when an answer becomes the client's: enough for its head. */
export interface Commitment {
  readonly target: string;
  /** Attempts made so far, this one included. */
  readonly attempts: number;
  /** Places in the client's body of what the target's wire left out. */
  readonly dropped?: readonly string[];
  /** When the bytes came that the answer begins with, in monotonic milliseconds; absent where nobody knows. */
  readonly heardAtMs?: number;
}

/**
 * Where an answer goes. Either one `reply`, or `open`, any number of `write`s, and one of `end` and `fail`; neither
 * when nothing was committed or the client left. The gateway implements it over a response.
 */
export interface ClientSink {
  /** A whole answer on the client's wire; status 200, JSON where no other type is named. */
  reply(commitment: Commitment, body: Uint8Array | string, contentType?: string): void;
  /** The head of an event stream. */
  open(commitment: Commitment): void;
  /** Hands bytes on at once; false asks the caller to wait for `whenDrained`. */
  write(bytes: Uint8Array): boolean;
  /** Calls `resume` once when there is room again; asked only after `write` returned false. */
  whenDrained(resume: () => void): void;
  /** The stream is whole; `[DONE]` was written. */
  end(): void;
  /** The stream broke: an error event (that of the wire where none is given), then the end, no `[DONE]`. */
  fail(failure: Failure, event?: string): void;
}
