import { hashToUnit } from "../base/hash.ts";
import type { ShadowOption } from "../language/checker/checked-policy.ts";
import type { ReadOperand } from "../language/interpreter/interpret.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { type Dispatch, dispatch } from "../runtime/dispatch/dispatch.ts";
import type { AttemptRecord, DispatchResult } from "../runtime/dispatch/machine-types.ts";
import type { ClientSink, World } from "../runtime/dispatch/world.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import type { ModelJob, Upstream } from "../runtime/transport/model-job.ts";
import { chargeBeside } from "./charge-beside.ts";
import type { Core } from "./core.ts";
import type { Exchange } from "./exchange.ts";
import type { EndedRequest } from "./ledger-rows.ts";

/** Copies under way at once; further ones are left out, since nobody waits for them. */
const mostAtOnce = 64;

/** A request whose copy is to be sent. */
export interface Shadowed {
  readonly plan: Plan;
  readonly request: ModelRequest;
  readonly streamed: boolean;
  upstreamOf(target: string): Upstream | undefined;
  /** Told when the copy is over. */
  ended(attempt: AttemptRecord): void;
}

/** Whether a request falls into a shadow's share: stable for a key, uncorrelated with any split. */
export function isShadowed(
  { parts, salt, by }: ShadowOption,
  requestId: string,
  readOperand: ReadOperand,
): boolean {
  const value = by === null ? undefined : readOperand(by);
  const key = value === undefined ? requestId : String(value);
  return hashToUnit(`${salt}\n${key}`) * 10_000 < parts;
}

/** A request about to be dispatched. */
export interface Casting {
  readonly plan: Plan;
  readonly job: ModelJob;
  readonly readOperand: ReadOperand;
  /** Whose it is, for the ledger. */
  readonly of: Pick<EndedRequest, "policy" | "rule" | "key">;
}

/** What sends the copy of a request that its plan wants, once the request itself is on its way; null where it wants none. */
export function shadowOf(
  core: Pick<
    Core,
    "cache" | "clock" | "limits" | "logger" | "metrics" | "prompts" | "shadows" | "spend"
  >,
  { id, snapshot: { targets } }: Exchange,
  { plan, job, readOperand, of }: Casting,
): (() => void) | null {
  const { shadow } = plan.options;
  if (shadow === undefined || job.request.counting === true) return null;
  if (!isShadowed(shadow, id, readOperand)) return null;
  const { target } = shadow;
  const { request, streamed } = job;
  const shadowed: Shadowed = {
    ...{ plan, request, streamed },
    upstreamOf: (name) => job.upstreamOf(name),
    ended(attempt) {
      const cost = chargeBeside(core, targets, { ...of, id, lane: "shadow" }, attempt);
      core.metrics.shadowed(target, attempt.outcome.kind);
      core.logger.info(toldOf(id, attempt, cost), "a shadow is over");
    },
  };
  return () => {
    if (!core.shadows.send(target, shadowed)) core.metrics.shadowed(target, "left-out");
  };
}

/** What the log tells of a copy, to be held beside the decision record of the same request. */
function toldOf(requestId: string, attempt: AttemptRecord, costPicodollars: number | null): object {
  const { target, outcome, startedAtMs, firstTokenAtMs, endedAtMs, usage } = attempt;
  const { cause: why } = outcome.kind === "failed" ? outcome.failure : { cause: outcome.kind };
  return {
    ...{ requestId, target, outcome: why, durationMs: Math.round(endedAtMs - startedAtMs) },
    ...(firstTokenAtMs === null ? {} : { firstTokenMs: Math.round(firstTokenAtMs - startedAtMs) }),
    ...{ outputTokens: usage?.outputTokens ?? null, costPicodollars },
  };
}

/** Copies of requests, sent to another target beside their plans. Whatever becomes of one, its request never notices. */
export class Shadows {
  readonly #world: World<ModelJob>;
  readonly #running = new Set<Dispatch>();

  constructor(world: World<ModelJob>) {
    this.#world = world;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Sends a copy; false where too many are under way. */
  send(target: string, shadowed: Shadowed): boolean {
    if (this.#running.size >= mostAtOnce) return false;
    let running: Dispatch | null = null;
    let isOver = false;
    const job = new ShadowJob(target, shadowed, ({ attempts }) => {
      isOver = true;
      if (running !== null) this.#running.delete(running);
      const [attempt] = attempts;
      if (attempt !== undefined) shadowed.ended(attempt);
    });
    running = dispatch<ModelJob>(job, this.#world);
    if (!isOver) this.#running.add(running);
    return true;
  }

  /** Stops all that are under way. */
  stop(): void {
    for (const running of [...this.#running]) running.clientGone();
  }
}

class ShadowJob implements ModelJob {
  readonly plan: Plan;
  readonly request: ModelRequest;
  readonly streamed: boolean;
  readonly sink = nowhere;
  /** It takes no turn that a request could have. */
  readonly caller = null;
  readonly finished: (result: DispatchResult) => void;
  readonly upstreamOf: (target: string) => Upstream | undefined;

  constructor(target: string, shadowed: Shadowed, finished: (result: DispatchResult) => void) {
    this.plan = {
      ...shadowed.plan,
      steps: [{ target, missing: null, on: [] }],
      ...{ retries: 0, maxAttempts: 1, hedgeAfterMs: null, continuations: 0 },
      ...{ holdsAnswer: false, costLimit: null },
    };
    this.request = shadowed.request;
    this.streamed = shadowed.streamed;
    this.finished = finished;
    this.upstreamOf = (name) => shadowed.upstreamOf(name);
  }
}

/** Takes an answer and keeps nothing of it. */
export const nowhere: ClientSink = {
  reply() {},
  open() {},
  write: () => true,
  whenDrained: (resume) => resume(),
  end() {},
  fail() {},
};
