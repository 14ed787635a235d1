import type { Cause } from "../../protocol/cause.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { CostLimit, PlanStep } from "../plan/plan.ts";
import { targetFull } from "./gate.ts";

/** A longer wait than this for the same target gives way to a later step that takes the request now. */
const patienceMs = 2_000;

/** A retry that costs the client much time: after a long wait, or at a target that has just let its time run out. */
export function isSlow(failure: Failure, waitMs: number): boolean {
  return (
    waitMs > patienceMs || failure.cause === "timeout" || failure.cause === "first_token_timeout"
  );
}

/** Causes of a stream's end that says nothing against its answer. */
export const brokenOff: ReadonlySet<Cause> = new Set<Cause>([
  "cut_stream",
  "timeout",
  "network",
  "server_error",
  "overloaded",
]);

/** Causes by which a step says that it takes over from a slow one: a hedge goes to no other. */
const slowCauses: readonly Cause[] = ["first_token_timeout", "timeout"];

/** Whether one more attempt at a target stays below a ceiling on cost, all those before it taken for as dear as can be. */
export function affords(
  limit: CostLimit,
  target: string,
  before: readonly { readonly target: string }[],
): boolean {
  const most = (name: string): number => limit.attempts[name] ?? Number.POSITIVE_INFINITY;
  return before.reduce((sum, each) => sum + most(each.target), most(target)) <= limit.most;
}

/** Whether a failure says that a target works on as many requests as it may: one may wait for a turn there. */
export function isFull({ code }: Failure): boolean {
  return code === targetFull;
}

/** Whether one of these steps would take a request over at once: by one of the causes, from targets that are not to be asked again. */
export function takesOver(
  steps: readonly PlanStep[],
  causes: readonly Cause[],
  failed: readonly string[],
): boolean {
  return steps.some(
    ({ target, on }) =>
      target !== null && causes.some((cause) => on.includes(cause)) && !failed.includes(target),
  );
}

/** The next step that takes over from slow ones and whose target may be asked beside one; null for none. */
export function placeBeside(
  steps: readonly PlanStep[],
  after: number,
  may: (target: string) => boolean,
): { readonly step: number; readonly target: string } | null {
  for (let step = after + 1; step < steps.length; step += 1) {
    const { target = null, on = [] } = steps[step] ?? {};
    const takes = target !== null && slowCauses.some((cause) => on.includes(cause));
    if (takes && may(target)) return { step, target };
  }
  return null;
}
