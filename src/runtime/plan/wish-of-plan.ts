import { estimateCost } from "../../catalog/cost.ts";
import type { Target } from "../../catalog/target.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { BilledTier } from "../../protocol/usage.ts";
import { counterValue } from "../limits/counter-value.ts";
import type { TakeWish, TurnWish } from "../limits/wish.ts";
import type { Plan } from "./plan.ts";
import { type CountsOfTargets, tokensAt } from "./tokens-at.ts";

/** What is expected of an answer where nothing bounds it to less, in tokens. */
const expectedAnswerTokens = 1_000;

/** What the amounts that a plan counts rest on. */
export interface CountedRequest extends CountsOfTargets {
  readonly targets: { get(name: string): Target | undefined };
  readonly promptTokens: number;
  /** Ceiling on completion tokens that the client asked for; null when it gave none. */
  readonly maxTokens: number | null;
  /** Answers that the client asks for at once. */
  readonly choices: number;
  readonly tier: BilledTier | null;
  readonly atMs: number;
  /** The value of an operand; undefined where it is unknown. */
  readonly readOperand: (operand: number) => FactValue | undefined;
}

/** What a request uses, or is expected to. */
export interface Use {
  readonly tokens: number;
  /** Picodollars; 0 where no price is known. */
  readonly cost: number;
}

/** A take, and what of a request it counts. */
export interface CountedTake extends TakeWish {
  readonly of: "requests" | keyof Use;
}

/** What a plan counts against its limits, budgets and concurrency. */
export interface PlanWish {
  readonly turns: readonly TurnWish[];
  readonly takes: readonly CountedTake[];
}

/** Whether a plan counts anything. */
export function countsSomething({ options }: Pick<Plan, "options">): boolean {
  const { limits, budgets, concurrency } = options;
  return limits !== undefined || budgets !== undefined || concurrency !== undefined;
}

/**
 * The tokens and the cost that a request is expected to come to at its first target: its prompt, and an answer of a thousand tokens, fewer where the
 * client, the plan or the target says so. Most answers are far below their ceilings: reserving those would spend a budget on paper.
 */
export function expectedUse(plan: Pick<Plan, "steps" | "maxTokens">, request: CountedRequest): Use {
  const { targets, maxTokens, choices, tier, atMs } = request;
  const first = plan.steps.find(({ target }) => target !== null)?.target ?? "";
  const target = targets.get(first);
  const ceilings = [maxTokens, plan.maxTokens, target?.maxOutputTokens ?? null];
  const each = Math.min(expectedAnswerTokens, ...ceilings.flatMap((ceiling) => ceiling ?? []));
  const outputTokens = each * choices;
  const promptTokens = tokensAt(first, request.promptTokens, request);
  const size = { promptTokens, outputTokens };
  return {
    tokens: promptTokens + outputTokens,
    cost: target === undefined ? 0 : (estimateCost(target, size, atMs, { tier }) ?? 0),
  };
}

/** What a plan asks of the counters before its request may be sent. An amount is never beyond what could ever be had. */
export function wishOfPlan(
  { options }: Pick<Plan, "options">,
  expected: Use,
  request: CountedRequest,
): PlanWish {
  const counterOf = (by: number | null): string =>
    by === null ? "" : counterValue(request.readOperand(by));
  const limits = (options.limits ?? []).map(({ id, most, of, perMs, by, waitMs }): CountedTake => {
    const tokens = Math.max(request.promptTokens, Math.min(expected.tokens, most));
    const amount = of === "tokens" ? tokens : 1;
    const counter = { option: id, value: counterOf(by) };
    return { take: { kind: "rate", ...counter, most, perMs, amount }, waitMs, of };
  });
  const budgets = (options.budgets ?? []).map(({ id, amount: most, per, by }): CountedTake => {
    const amount = Math.min(expected.cost, most);
    const counter = { option: id, value: counterOf(by) };
    return { take: { kind: "budget", ...counter, most, per, amount }, waitMs: null, of: "cost" };
  });
  const turns = (options.concurrency ?? []).map(({ id, most, by, waitMs }): TurnWish => {
    return { counter: { option: id, value: counterOf(by) }, most, waitMs };
  });
  return { turns, takes: [...limits, ...budgets] };
}

/** What each take of a request came to; null for one that was never sent, which takes nothing. */
export function amountsOf(takes: readonly CountedTake[], used: Use | null): readonly number[] {
  return takes.map(({ of }) => {
    if (used === null) return 0;
    return of === "requests" ? 1 : used[of];
  });
}
