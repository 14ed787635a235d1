import type { Failure } from "../../protocol/failure.ts";
import type { Plan } from "../plan/plan.ts";
import { uncertain } from "./job-machine.ts";

/** The provider did not answer a line in its time. */
export const expired: Failure = {
  cause: "timeout",
  retrySame: false,
  code: "batch_expired",
  message: "the provider did not answer this request within the time of its batch",
};

/** The provider ended a batch without an answer to a line. */
export const lost: Failure = {
  cause: "server_error",
  retrySame: false,
  code: "upstream_incomplete",
  message: "the provider ended the batch without an answer to this request",
};

/** Steps of a line's plan that are behind it once a batch failed it; null where nothing is to be asked after that. */
export function stepsBehind(plan: Plan, from: number, failure: Failure): number | null {
  // Asking another target could pay for the same twice.
  if (failure.code === uncertain.code) return null;
  const next = plan.steps.findIndex(
    ({ target, on }, at) => at > from && target !== null && on.includes(failure.cause),
  );
  return next < 0 ? null : next;
}

/** Whether a line may wait for a batch. A ceiling on cost counts at full price, as nobody knows that the batch will be answered in time. */
export function isWithinCost({ costLimit }: Pick<Plan, "costLimit">, target: string): boolean {
  if (costLimit === null) return true;
  const most = costLimit.attempts[target] ?? null;
  return most !== null && most <= costLimit.most;
}
