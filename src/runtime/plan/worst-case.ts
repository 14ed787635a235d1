import type { Picodollars } from "../../base/money.ts";
import type { Target } from "../../catalog/target.ts";
import {
  type Amount,
  type AttemptBounds,
  dearestAttempt,
  dearestChain,
  longestTimeMs,
  mostAttempts,
} from "../../language/analysis/worst-case.ts";
import type { Plan } from "./plan.ts";

/** What a plan comes to when everything fails, as slowly and as dearly as it can. */
export interface WorstCase {
  readonly attempts: number;
  readonly timeMs: number;
  /** Null where nothing bounds the cost of an attempt, or no price is known. */
  readonly cost: Picodollars | null;
}

/** The most that one attempt at a target can cost; null where nothing bounds it, or no price is known. */
export function mostOfAttempt(target: Target, bounds: AttemptBounds): Picodollars | null {
  const dearest = dearestAttempt(target, bounds);
  return dearest.kind === "known" ? dearest.value : null;
}

/** The worst case of a plan; `attemptCost` is the most that one attempt at a target can cost. */
export function worstCaseOf(
  plan: Omit<Plan, "refusal">,
  attemptCost: (target: string) => Picodollars | null,
): WorstCase {
  const targets = new Set<string>();
  for (const { target, spares } of plan.steps) {
    // Where nobody is healthy one of these may be tried.
    const asked = target ?? spares?.[0];
    if (asked !== undefined) targets.add(asked);
  }
  const amounts = [...targets].map((target): Amount => {
    const value = attemptCost(target);
    return value === null ? { kind: "no-price", target } : { kind: "known", value };
  });
  const chain = dearestChain(amounts, plan);
  const cost = chain.kind === "known" ? chain.value : null;
  const ceiling = plan.costLimit?.most ?? null;
  return {
    attempts: mostAttempts(targets.size, plan),
    timeMs: longestTimeMs(targets.size, plan),
    cost: cost !== null && ceiling !== null ? Math.min(cost, ceiling) : (cost ?? ceiling),
  };
}
