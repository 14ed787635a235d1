import { dispatch } from "../../runtime/dispatch/dispatch.ts";
import type { DispatchResult } from "../../runtime/dispatch/machine-types.ts";
import type { Pass } from "../../runtime/limits/admission.ts";
import { askLeave } from "../../runtime/plan/ask-leave.ts";
import type { Counted } from "../../runtime/plan/counted.ts";
import type { Plan } from "../../runtime/plan/plan.ts";
import { amountsOf, type CountedTake } from "../../runtime/plan/wish-of-plan.ts";
import { useOf } from "../../runtime/telemetry/use-of.ts";
import type { Lookup } from "./lookup.ts";
import { beginFlight, keepAnswer } from "./replayed-visit.ts";
import { costsOf, type DecidedRequest, jobOf, type Surroundings } from "./surroundings.ts";

/** A stale answer that was given. */
export interface StaleAnswer {
  readonly lookup: Lookup;
  readonly plan: Plan;
  readonly outputTokens: number;
  /** When the request came that it was given to, in milliseconds since the epoch. */
  readonly arrivedAtMs: number;
}

interface Paid {
  readonly pass: Pass;
  readonly takes: readonly CountedTake[];
  readonly counted: Counted;
}

/** Asks for an answer anew, beside the request that was given the stale one: at the first target, once, where a budget still pays for it. */
export function refreshKept(
  around: Surroundings,
  decided: DecidedRequest,
  stale: StaleAnswer,
): void {
  const { kept, world, admission } = around;
  const { about } = stale.lookup;
  const leader = { takes: (target: string) => target === about.target, abandoned() {} };
  if (!kept.mayRefresh) return;
  const flight = kept.flights.lead(about, leader, Number.POSITIVE_INFINITY);
  if (flight === null) return;
  kept.refreshing();
  const begins = (target: string, continues: boolean): void =>
    beginFlight(flight, target, continues);
  const over = (isWhole: boolean): void => {
    kept.refreshed();
    flight.ends(isWhole);
  };
  // Limits were asked for the request that was given the stale answer; money is only spent now.
  const { limits: _limits, concurrency: _concurrency, ...options } = stale.plan.options;
  const plan = { ...stale.plan, options };
  const counted = decided.counted(plan);
  if (counted === null) {
    fetchAnew(around, decided, { stale, paid: null, begins, over });
    return;
  }
  askLeave(
    { admission, now: () => world.now(), plan, counted, caller: "" },
    {
      limited: () => undefined,
      answered(leave) {
        if (leave.kind !== "pass") over(false);
        else if (leave.spent !== null) {
          void leave.pass.end(amountsOf(leave.takes, null));
          over(false);
        } else fetchAnew(around, decided, { stale, paid: { ...leave, counted }, begins, over });
      },
      failed(error) {
        throw error;
      },
    },
  );
}

interface Fetched {
  readonly stale: StaleAnswer;
  readonly paid: Paid | null;
  readonly begins: (target: string, continues: boolean) => void;
  readonly over: (isWhole: boolean) => void;
}

function fetchAnew(
  around: Surroundings,
  decided: DecidedRequest,
  { stale, paid, begins, over }: Fetched,
): void {
  const { lookup, outputTokens, arrivedAtMs } = stale;
  const ended = ({ outcome, attempts }: DispatchResult): void => {
    const costs = costsOf(around, attempts);
    around.beside({ arrival: decided.arrival, arrivedAtMs, attempts, costs });
    if (paid !== null) {
      const used = useOf({ attempts, costs }, paid.counted.expected);
      void paid.pass.end(amountsOf(paid.takes, used));
    }
    const target = outcome === "ok" ? (attempts.at(-1)?.target ?? null) : null;
    if (target !== null) keepAnswer(around, lookup, { target, outputTokens, costs });
    over(target !== null);
  };
  const job = jobOf(around, decided, { outputTokens, ended, begins });
  job.plan = firstStepAlone(stale.plan);
  dispatch(job, around.world);
}

/** A stale answer stands where its first target fails. */
function firstStepAlone(plan: Plan): Plan {
  return {
    ...plan,
    steps: plan.steps.filter(({ target }) => target !== null).slice(0, 1),
    ...{ retries: 0, maxAttempts: 1, hedgeAfterMs: null, continuations: 0, costLimit: null },
  };
}
