import type { Cause } from "../../protocol/cause.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { CostLimit } from "../plan/plan.ts";

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
export const slowCauses: readonly Cause[] = ["first_token_timeout", "timeout"];

/** Whether one more attempt at a target stays below a ceiling on cost, all those before it taken for as dear as can be. */
export function affords(
  limit: CostLimit | null,
  target: string,
  before: readonly string[],
): boolean {
  if (limit === null) return true;
  const most = (name: string): number => limit.attempts[name] ?? Number.POSITIVE_INFINITY;
  return before.reduce((sum, each) => sum + most(each), most(target)) <= limit.most;
}
