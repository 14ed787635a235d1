import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import { dispatch } from "../dispatch/dispatch.ts";
import type { DispatchResult } from "../dispatch/machine-types.ts";
import type { ClientSink, Commitment, World } from "../dispatch/world.ts";
import type { Plan } from "../plan/plan.ts";
import type { AnswerListener, ModelJob, Upstream } from "../transport/model-job.ts";
import type { LaneHost, LineAnswer } from "./host.ts";

/** A live request of the lane, over: what the dispatch came to, and the body of a whole answer. */
export interface LiveResult {
  readonly result: DispatchResult;
  readonly body: string | null;
  /** What was said, and by whom, where that was asked for. */
  readonly heard: Omit<LineAnswer, "request"> | null;
}

/** A request under way. */
export interface LiveCall {
  readonly done: Promise<LiveResult>;
  /** Stops it; it fails as if its client had left. */
  stop(): void;
}

/** Asks the targets of a plan at once, as for a client that waits for a whole answer. */
export function askLive(
  plan: Plan,
  request: ModelRequest,
  host: Pick<LaneHost, "upstreamOf" | "identityOf">,
  { world, hears }: { readonly world: World<ModelJob>; readonly hears: boolean },
): LiveCall {
  const line = new LiveLine(plan, request, host);
  if (hears) line.listener = line;
  const running = dispatch<ModelJob>(line, world);
  return { done: line.done.promise, stop: () => running.clientGone() };
}

class LiveLine implements ModelJob, ClientSink, AnswerListener {
  readonly plan: Plan;
  readonly request: ModelRequest;
  readonly streamed = false;
  /** All lines take turns with the callers as one. */
  readonly caller = "batch";
  readonly sink: ClientSink = this;
  readonly done = Promise.withResolvers<LiveResult>();
  readonly #host: Pick<LaneHost, "upstreamOf" | "identityOf">;
  /** Which model each target was when it was asked; null where it changed from one attempt to the next. */
  readonly #identities = new Map<string, string | null>();
  listener: AnswerListener | undefined;
  #body: string | null = null;
  #target: string | null = null;
  readonly #events: AnswerEvent[] = [];

  constructor(
    plan: Plan,
    request: ModelRequest,
    host: Pick<LaneHost, "upstreamOf" | "identityOf">,
  ) {
    this.plan = plan;
    this.request = request;
    this.#host = host;
  }

  upstreamOf(target: string): Upstream | undefined {
    const identity = this.#host.identityOf(target);
    const before = this.#identities.get(target);
    this.#identities.set(target, before === undefined || before === identity ? identity : null);
    return this.#host.upstreamOf(target);
  }

  finished(result: DispatchResult): void {
    const [target, events] = [this.#target, this.#events];
    const identity = this.#identities.get(target ?? "") ?? null;
    const heard = target === null ? null : { target, identity, events };
    this.done.resolve({ result, body: this.#body, heard });
  }

  /** It is not streamed, so that nothing is said before the answer is whole. */
  begins(target: string): void {
    this.#target = target;
  }

  says(events: readonly AnswerEvent[]): void {
    this.#events.push(...events);
  }

  reply(_commitment: Commitment, body: Uint8Array | string): void {
    this.#body = typeof body === "string" ? body : new TextDecoder().decode(body);
  }

  open(): void {}

  write(): boolean {
    return true;
  }

  whenDrained(resume: () => void): void {
    resume();
  }

  end(): void {}

  fail(): void {}
}

/** The steps of a plan from one on. */
export function planFrom(plan: Plan, from: number): Plan {
  if (from === 0) return plan;
  const steps = plan.steps.slice(from).map((step, at) => (at === 0 ? { ...step, on: [] } : step));
  return { ...plan, steps };
}
