import { invariant } from "../base/assert.ts";
import { nowOrLater } from "../base/now-or-later.ts";
import type { RequestContext } from "../extract/context.ts";
import type { ApiProblem } from "../protocol/api-error.ts";
import { failureToProblem } from "../protocol/failure-to-problem.ts";
import { askLeave, type Leave } from "../runtime/plan/ask-leave.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import { amountsOf } from "../runtime/plan/wish-of-plan.ts";
import type { Core } from "./core.ts";
import { type Asking, countedOf } from "./counted.ts";
import { problems } from "./problems.ts";

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
  const plan = budgetsAlone(asking.plan);
  const counted = countedOf(snapshot, context, { ...asking, plan });
  if (counted === null) return asking.plan;
  const { admission } = limits.open();
  const caller = context.caller?.name ?? "";
  const asked = { admission, now: () => clock.now(), plan, counted, caller };
  const leave = await nowOrLater<Leave>(({ resolve, reject }) =>
    askLeave(asked, {
      limited: (option) => metrics.limited(option),
      answered: resolve,
      failed: reject,
    }),
  );
  if (leave.kind === "spent") return failureToProblem(leave.failure);
  if (leave.kind === "refused") return problems.limited(leave.option, leave.retryAfterMs);
  invariant(leave.kind === "pass", "nobody ends the waiting of a line");
  await leave.pass.end(amountsOf(leave.takes, counted.expected));
  if (leave.spent === null) return asking.plan;
  const from = plan.steps.findIndex(({ on }) => on.includes("budget_exceeded"));
  return { ...asking.plan, steps: plan.steps.slice(from) };
}

/** Nor is there anything kept for a line by now: it was looked up before. */
function budgetsAlone(plan: Plan): Plan {
  const { limits: _limits, concurrency: _concurrency, cache: _cache, ...options } = plan.options;
  return { ...plan, options };
}
