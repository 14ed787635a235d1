import type { Failure } from "../../protocol/failure.ts";
import type { CounterKey } from "../limits/limit-store.ts";
import type { Plan } from "./plan.ts";
import {
  type CountedRequest,
  type CountedTake,
  expectedUse,
  type PlanWish,
  type Use,
  wishOfPlan,
} from "./wish-of-plan.ts";

/** What a request counts against, and what it is expected to use. */
export interface Counted {
  readonly wish: PlanWish;
  readonly expected: Use;
}

/** Nothing used. */
export const nothing: Use = { tokens: 0, cost: 0 };

/** Whom a request is counted for beside its plan, by what it is expected to use. */
export type CountedBeside = (expected: Use) => readonly CountedTake[];

/** What a plan counts of a request, and what is counted beside it. `isFree`: nobody bills for it, as for counting a prompt's tokens. */
export function countedRequest(
  plan: Plan,
  request: CountedRequest,
  { isFree, beside }: { readonly isFree: boolean; readonly beside: CountedBeside },
): Counted {
  const expected = isFree ? nothing : expectedUse(plan, request);
  const wish = wishOfPlan(plan, expected, request);
  return { expected, wish: { ...wish, takes: [...wish.takes, ...beside(expected)] } };
}

/** Whether a counter is one of a plan's budgets. */
export function isBudgetOf({ options }: Pick<Plan, "options">, { option }: CounterKey): boolean {
  return options.budgets?.some(({ id }) => id === option) === true;
}

/** A plan's first failure where its budget has nothing left. */
export function spentBudget(option: string, retryAfterMs: number | null): Failure {
  return {
    cause: "budget_exceeded",
    retrySame: false,
    code: "budget_spent",
    message: `the budget \`${option}\` of the policy is spent`,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}
