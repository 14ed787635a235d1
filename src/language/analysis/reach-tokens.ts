import type { CheckedPolicy } from "../checker/checked-policy.ts";
import type { Demand } from "./questions.ts";
import type { PlanQuestions } from "./reach-questions.ts";

/** The largest prompt of a branch's requests that meet the demands, in tokens; null where the policy does not bound it. */
export function largestPrompt(
  { operands }: Pick<CheckedPolicy, "operands">,
  questions: PlanQuestions,
  branch: number,
  demands: readonly Demand[],
): number | null {
  const operand = operands.findIndex(({ key }) => key === "tokens");
  const states = operand < 0 ? null : questions.statesOf(operand, branch, demands);
  if (states?.kind !== "number") return null;
  const end = states.ranges.at(-1)?.to ?? Number.POSITIVE_INFINITY;
  return Number.isFinite(end) ? Math.ceil(end) - 1 : null;
}
