import type { Target } from "../../catalog/target.ts";
import type { CheckedPolicy } from "../checker/checked-policy.ts";
import { type PlanAction, reachOf } from "./reach.ts";
import { judgeTarget } from "./reach-verdict.ts";
import { choicesOf, type StepChoice } from "./worst-case-plan.ts";

/** What each step of a plan may lead to, without the candidates that its `where` never lets pass. */
export function passingChoices(
  action: PlanAction,
  {
    policy,
    targets,
  }: { readonly policy: CheckedPolicy; readonly targets: ReadonlyMap<string, Target> },
): readonly StepChoice[] {
  return choicesOf(reachOf(action, []), targets, (target, { where, span }) => {
    if (where === null) return true;
    const ceilings = ceilingsOf(action, policy);
    const verdict = judgeTarget(where, { target, operands: policy.operands, ceilings, span });
    return verdict === "holds" || verdict === "depends";
  });
}

/** The ceilings on completion tokens a plan may have: its own, and each smaller one that an `also` may add. */
export function ceilingsOf(
  { options }: PlanAction,
  { alsos }: Pick<CheckedPolicy, "alsos">,
): readonly (number | null)[] {
  const own = options.maxTokens ?? null;
  const added = alsos.flatMap(({ options: { maxTokens } }) =>
    maxTokens !== undefined && (own === null || maxTokens < own) ? [maxTokens] : [],
  );
  return [own, ...added];
}
