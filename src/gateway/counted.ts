import { maxTokens } from "../extract/body-facts.ts";
import type { RequestContext } from "../extract/context.ts";
import { estimatedTokens } from "../extract/token-facts.ts";
import type { ReadOperand } from "../language/interpreter/interpret.ts";
import type { Failure } from "../protocol/failure.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { billedTier } from "../protocol/usage.ts";
import { counterValue } from "../runtime/limits/counter-value.ts";
import type { CounterKey } from "../runtime/limits/limit-store.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import {
  type CountedRequest,
  type CountedTake,
  countsSomething,
  expectedUse,
  type PlanWish,
  type Use,
  wishOfPlan,
} from "../runtime/plan/wish-of-plan.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Tally } from "./tallies.ts";

/** A plan about to be carried out. */
export interface Asking {
  readonly plan: Plan;
  readonly request: Pick<ModelRequest, "body" | "counting">;
  readonly readOperand: ReadOperand;
}

/** What a request counts against, and what it is expected to use. */
export interface Counted {
  readonly wish: PlanWish;
  readonly expected: Use;
}

export const nothing: Use = { tokens: 0, cost: 0 };

/** What a plan counts, and what other policies want counted of its request; null for nothing. */
export function countedOf(
  { tallies, targets }: Pick<Snapshot, "tallies" | "targets">,
  context: RequestContext,
  { plan, request: { body, counting }, readOperand }: Asking,
): Counted | null {
  if (!countsSomething(plan) && tallies.length === 0) return null;
  const counted: CountedRequest = {
    targets: targets.listed,
    promptTokens: estimatedTokens(body),
    tokenRatio: context.tokenRatio,
    maxTokens: maxTokens(body) ?? null,
    choices: body.n ?? 1,
    tier: billedTier(body["service_tier"]),
    atMs: context.nowMs,
    readOperand,
  };
  // Counting a prompt's tokens is free.
  const expected = counting === true ? nothing : expectedUse(plan, counted);
  const wish = wishOfPlan(plan, expected, counted);
  const told = tallied(tallies, context, expected);
  return { expected, wish: { ...wish, takes: [...wish.takes, ...told] } };
}

/** Whether a counter is one of a plan's budgets. */
export function isBudgetOf({ options }: Plan, { option }: CounterKey): boolean {
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

/** What is counted of every request for the facts of policies. */
function tallied(
  tallies: readonly Tally[],
  context: RequestContext,
  expected: Use,
): readonly CountedTake[] {
  return tallies.flatMap(({ of, subject, take }): CountedTake[] => {
    const value = subject(context);
    if (value === undefined) return [];
    const amount = of === "cost" ? expected.cost : 1;
    return [{ take: take(counterValue(value), amount), waitMs: null, of }];
  });
}
