import type { Provider } from "../../configuration/configuration.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import type { AttemptRecord } from "../dispatch/machine-types.ts";
import type { RequestOutcome } from "./decision-record.ts";

/** A request as its span begins with it. Nothing of its content is ever told. */
export interface TracedStart {
  /** The client's `traceparent`, whatever it is. */
  readonly traceparent: string | undefined;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly requestId: string;
  readonly endpoint: Endpoint;
  /** The model as the client names it. */
  readonly model: string;
  readonly policy: string;
  readonly startedAtEpochMs: number;
}

/** The target of an attempt. */
export interface TracedTarget {
  readonly target: string;
  readonly model: string;
  readonly provider: Pick<Provider, "kind" | "url" | "sdk">;
}

export interface TracedEnd {
  readonly rule: string;
  readonly status: number;
  readonly outcome: RequestOutcome;
  readonly attempts: readonly (AttemptRecord & { readonly to: TracedTarget | null })[];
  readonly endedAtEpochMs: number;
  /** What is added to an attempt's monotonic times to have them by the wall clock. */
  readonly epochOffsetMs: number;
}

/** The trace of one request: a span for it, and one for each attempt. */
export interface RequestTrace {
  /** An attempt is about to be sent; returns its `traceparent`. */
  sending(attempt: number, to: TracedTarget, atEpochMs: number): string;
  /** The request is over; only the first call counts. */
  ended(end: TracedEnd): void;
}

/** Where traces go. Never throws, never waits for who takes them. */
export interface Traces {
  begin(start: TracedStart): RequestTrace;
  /** Hands over what is held; fulfilled when that is done, or was given up. Never rejects. */
  close(): Promise<void>;
}
