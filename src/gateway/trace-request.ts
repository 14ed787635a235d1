import type { AttemptRecord } from "../runtime/dispatch/machine-types.ts";
import type { RequestOutcome } from "../runtime/telemetry/decision-record.ts";
import type { RequestTrace, TracedTarget } from "../runtime/telemetry/traces.ts";
import type { Asked } from "./asked.ts";
import { type Exchange, pathOf } from "./exchange.ts";

/** Tells the trace of one request, by the wall clock. */
export class TracedRequest {
  readonly #exchange: Exchange;
  readonly #trace: RequestTrace;
  /** Added to monotonic times. */
  readonly #epochOffsetMs: number;

  constructor(exchange: Exchange, trace: RequestTrace, epochOffsetMs: number) {
    this.#exchange = exchange;
    this.#trace = trace;
    this.#epochOffsetMs = epochOffsetMs;
  }

  /** Flat header pairs that an attempt bears. */
  sending(attempt: number, target: string): readonly string[] {
    const to = this.#targetOf(target);
    if (to === null) return [];
    return ["traceparent", this.#trace.sending(attempt, to, this.#now())];
  }

  ended(
    rule: string,
    outcome: RequestOutcome,
    status: number,
    attempts: readonly AttemptRecord[] = [],
  ): void {
    this.#trace.ended({
      ...{ rule, status, outcome },
      attempts: attempts.map((each) => ({ ...each, to: this.#targetOf(each.target) })),
      endedAtEpochMs: this.#now(),
      epochOffsetMs: this.#epochOffsetMs,
    });
  }

  #now(): number {
    return this.#exchange.core.clock.monotonic() + this.#epochOffsetMs;
  }

  #targetOf(name: string): TracedTarget | null {
    const known = this.#exchange.snapshot.targets.get(name);
    if (known === undefined) return null;
    return { target: name, model: known.target.model, provider: known.provider };
  }
}

/** Begins the trace of a request; null where none are kept. */
export function traceRequest(
  exchange: Exchange,
  policy: string,
  { request, context, arrivedAtMs }: Asked,
): TracedRequest | null {
  const { core, id } = exchange;
  if (core.traces === null) return null;
  const { headers, method = "" } = exchange.request;
  const epochOffsetMs = core.clock.now() - core.clock.monotonic();
  const { traceparent } = headers;
  const trace = core.traces.begin({
    traceparent: typeof traceparent === "string" ? traceparent : undefined,
    ...{ method, path: pathOf(exchange.request), requestId: id, policy },
    endpoint: context.endpoint,
    model: request.body.model,
    startedAtEpochMs: arrivedAtMs + epochOffsetMs,
  });
  return new TracedRequest(exchange, trace, epochOffsetMs);
}
