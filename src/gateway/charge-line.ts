import type { RequestContext } from "../extract/context.ts";
import type { ApiProblem } from "../protocol/api-error.ts";
import { failureToProblem } from "../protocol/failure-to-problem.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import { amountsOf } from "../runtime/plan/wish-of-plan.ts";
import type { Core } from "./core.ts";
import { type Asking, countedOf, spentBudget } from "./counted.ts";

const never = new AbortController().signal;

/**
 * Counts a line of a batch against budgets: what it is expected to cost counts as spent at once, since its answer may come a day
 * later. Limits and concurrency are for requests whose clients wait. Returns the plan to carry out, which begins behind the steps
 * that a spent budget does not pay for, or what the line is answered with.
 */
export async function chargeLine(
  { limits, snapshot, metrics, clock }: Core,
  context: RequestContext,
  asking: Asking,
): Promise<Plan | ApiProblem> {
  const { plan } = asking;
  const counted = countedOf(snapshot, context, asking);
  if (counted === null) return plan;
  const { expected, wish } = counted;
  const isLimit = (option: string): boolean =>
    plan.options.limits?.some(({ id }) => id === option) === true;
  const { admission } = limits.open();
  const caller = context.caller?.name ?? "";
  let takes = wish.takes.filter(({ take }) => !isLimit(take.option));
  let steps = plan.steps;
  for (;;) {
    const answer = await admission.admit({ turns: [], takes, caller, size: 1, signal: never });
    if (answer.kind === "pass") {
      await answer.end(amountsOf(takes, expected));
      return steps === plan.steps ? plan : { ...plan, steps };
    }
    const { by, retryAtMs } = answer;
    const option = by?.option ?? "";
    metrics.limited(option);
    const from = plan.steps.findIndex(({ on }) => on.includes("budget_exceeded"));
    const waitMs = retryAtMs === null ? null : Math.max(retryAtMs - clock.now(), 1);
    if (from < 0) return failureToProblem(spentBudget(option, waitMs));
    takes = takes.filter(({ take }) => take.option !== option);
    steps = plan.steps.slice(from);
  }
}
