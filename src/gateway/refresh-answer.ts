import type { RequestContext } from "../extract/context.ts";
import type { ReadOperand } from "../language/interpreter/interpret.ts";
import type { EntryNames } from "../runtime/cache/cache-store.ts";
import type { Lifetime } from "../runtime/cache/freshness.ts";
import { type Dispatch, dispatch } from "../runtime/dispatch/dispatch.ts";
import type { DispatchResult } from "../runtime/dispatch/machine-types.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import type { ModelJob } from "../runtime/transport/model-job.ts";
import type { KeyAsked } from "./cache-identity.ts";
import type { Exchange } from "./exchange.ts";
import { keepAnswer } from "./keep-answer.ts";
import type { Meaning } from "./meaning-index.ts";
import { measureAttempts } from "./measure-attempt.ts";
import { type Denial, RequestAccount } from "./request-account.ts";
import { nowhere } from "./shadows.ts";

/** A stale answer that is to be fetched anew. */
export interface Refreshed {
  readonly about: EntryNames;
  readonly asked: KeyAsked;
  readonly lifetime: Lifetime;
  readonly meaning: Meaning | null;
  readonly job: ModelJob;
  readonly context: RequestContext;
  readonly readOperand: ReadOperand;
  /** Whose it is, for the ledger. */
  readonly of: { readonly policy: string; readonly rule: string; readonly key: string };
}

/**
 * Asks for an answer anew, beside the request that was given the stale one; nothing where somebody does already, or too many are
 * under way. Budgets are asked as for any other request. Never throws.
 */
export function refreshAnswer(exchange: Exchange, refreshed: Refreshed): void {
  const { core } = exchange;
  const { cache } = core;
  if (!cache.mayRefresh || core.stopping) return;
  const bound = cache.settings.answerBytes;
  const { about } = refreshed;
  const leader = { takes: (target: string) => target === about.target, abandoned() {} };
  const flight = cache.flights.lead(about, leader, bound);
  if (flight === null) return;
  const askedAtMs = cache.moment();
  const { plan, request } = refreshed.job;
  const account = new RequestAccount(exchange, refreshed.context);
  const failed = (err: unknown): void => {
    flight.ends(false);
    account.giveBack();
    core.logger.error({ err, requestId: exchange.id }, "a kept answer was not fetched anew");
  };
  const keep = ({ attempts, outcome }: DispatchResult): void => {
    const arrivedAtMs = core.clock.monotonic() - core.clock.now() + refreshed.context.nowMs;
    const asked = { request, context: refreshed.context, prints: null, arrivedAtMs };
    const costs = measureAttempts(exchange, asked, attempts);
    void account.settle({ ...refreshed.of, attempts, costs }, arrivedAtMs);
    cache.meters.refreshed(outcome);
    if (outcome === "ok")
      keepAnswer(exchange, { ...refreshed, askedAtMs, flight, attempts, costs });
  };
  const send = (): void => {
    const fetched = plainPlan(plan);
    let running: Dispatch | null = null;
    let isOver = false;
    const finished = (result: DispatchResult): void => {
      isOver = true;
      if (running !== null) cache.refreshed(running);
      try {
        keep(result);
      } finally {
        // Whatever is wrong with what is kept, others may wait.
        flight.ends(result.outcome === "ok");
      }
    };
    running = dispatch<ModelJob>(
      {
        ...{ plan: fetched, request, streamed: refreshed.job.streamed, sink: nowhere },
        ...{ accepts: refreshed.job.accepts, listener: flight, finished },
        upstreamOf: (name) => refreshed.job.upstreamOf(name),
      },
      core.world,
    );
    if (!isOver) cache.refreshing(running);
  };
  const admitted = (denial: Denial | null): void => {
    if (denial === null && !core.stopping) send();
    else {
      flight.ends(false);
      account.giveBack();
    }
  };
  try {
    const { readOperand } = refreshed;
    const leave = account.ask({ plan: budgetsAlone(plan), request, readOperand });
    if (leave instanceof Promise) leave.then(admitted).catch(failed);
    else admitted(leave);
  } catch (error) {
    failed(error);
  }
}

/** The first step alone, tried once: a stale answer stands where that fails. */
function plainPlan(plan: Plan): Plan {
  return {
    ...plan,
    steps: plan.steps.filter(({ target }) => target !== null).slice(0, 1),
    ...{ retries: 0, maxAttempts: 1, hedgeAfterMs: null, continuations: 0, costLimit: null },
  };
}

/** Limits were asked for the request that brought the stale answer; money is only spent now. */
function budgetsAlone(plan: Plan): Plan {
  const { limits: _limits, concurrency: _concurrency, ...options } = plan.options;
  return { ...plan, options };
}
