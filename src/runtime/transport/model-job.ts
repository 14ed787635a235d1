import type { Clock } from "../../base/clock.ts";
import type { Target } from "../../catalog/target.ts";
import type { Provider } from "../../configuration/configuration.ts";
import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import type { TargetGate } from "../dispatch/gate.ts";
import type { Attempt, AttemptOrder, AttemptReports, ClientSink, Job } from "../dispatch/world.ts";
import type { ProviderAdapter } from "../providers/adapter.ts";
import type { Continuation } from "./continuation.ts";
import type { Pools } from "./pools.ts";
import type { TimerWheel } from "./timer-wheel.ts";

/** A target and the provider that serves it, as the configuration that a request began with has them. */
export interface Upstream {
  readonly target: Target;
  readonly provider: Provider;
}

/** Hears what an answer says once it is the client's, whatever wire it comes over. */
export interface AnswerListener {
  /** What is said from here on is the answer; `continues` where it goes on with what was said before. */
  begins(target: string, continues: boolean): void;
  /** In order; all of it was told when the dispatch finishes well. */
  says(events: readonly AnswerEvent[]): void;
}

/** A request to be dispatched over sockets. */
export interface ModelJob extends Job {
  readonly request: ModelRequest;
  readonly sink: ClientSink;
  /** Looks up a target of the plan; a target that is not there is a bug of ours. */
  upstreamOf(target: string): Upstream | undefined;
  /**
   * Whether the policy accepts an answer of a target, asked when it is whole and before any of it is handed on; absent where the
   * policy does not look.
   */
  readonly accepts?: ((target: string, answer: readonly AnswerEvent[]) => boolean) | undefined;
  /** Hears the answer beside the client; absent where nobody does. */
  readonly listener?: AnswerListener | undefined;
  /** Where a cut stream may be gone on with: what all attempts write through. */
  readonly continuation?: Continuation | undefined;
  /** Flat header pairs that an attempt bears beside those of its wire; asked once for each that is sent. */
  headersOf?(attempt: number, target: string): readonly string[];
}

/** Starts one attempt of a World. */
export type StartAttempt = (
  world: SocketSurroundings,
  order: AttemptOrder<ModelJob>,
  reports: AttemptReports,
) => Attempt;

export interface SocketWorldParts {
  readonly clock: Clock;
  /** Stands before the targets. */
  readonly gate: TargetGate;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly timers: TimerWheel;
  readonly pools: Pools;
  readonly adapterOf: (provider: Provider) => ProviderAdapter;
  /** Starts attempts at providers that a package serves; only where there are such. */
  readonly startBridged?: StartAttempt;
  /** Told how many bytes of answers are kept until they are whole. */
  readonly held?: { hold(bytes: number): void; release(bytes: number): void };
  /** Told of a fault of our own in the middle of an attempt, which then fails; must not throw. */
  readonly onBug: (error: unknown) => void;
}

/** Bounds on what is kept of an upstream's answer. */
export interface AnswerLimits {
  /** Most bytes of an answer that is not streamed. */
  readonly bodyBytes: number;
  /** An error's body is read so far, and then cut. */
  readonly errorBytes: number;
  /** Most bytes of a stream held back before its first meaningful piece. */
  readonly heldBytes: number;
  /** How long a connection may take to end after the answer is whole; then it is closed rather than kept. */
  readonly lingerMs: number;
}

const mebibyte = 1024 * 1024;

/** What production runs with. */
export const defaultAnswerLimits: AnswerLimits = {
  bodyBytes: 64 * mebibyte,
  errorBytes: 64 * 1024,
  heldBytes: mebibyte,
  lingerMs: 1_000,
};

/** What an attempt sees of the World that started it. */
export interface SocketSurroundings {
  readonly parts: SocketWorldParts;
  readonly limits: AnswerLimits;
  /** Monotonic milliseconds. */
  now(): number;
}
