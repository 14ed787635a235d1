import type { Picodollars } from "../../base/money.ts";
import type { AttemptRecord } from "../dispatch/machine-types.ts";
import type { Use } from "../plan/wish-of-plan.ts";

/** The attempts of a request that is over, and what each cost, in their order; null where that is not known. */
export interface EndedAttempts {
  readonly attempts: readonly AttemptRecord[];
  readonly costs: readonly (Picodollars | null)[];
}

/**
 * What a request used in all. An attempt that may be billed and whose use nobody told counts for what was expected: a budget is to
 * hold all the same.
 */
export function useOf({ attempts, costs }: EndedAttempts, expected: Use): Use {
  let [tokens, cost] = [0, 0];
  for (const [index, attempt] of attempts.entries()) {
    const { usage } = attempt;
    if (usage === null && !mayBeBilled(attempt)) continue;
    tokens += usage === null ? expected.tokens : usage.inputTokens + usage.outputTokens;
    // A price that is not known is not guessed; what was used at a known one is.
    cost += costs[index] ?? (usage === null ? expected.cost : 0);
  }
  return { tokens, cost };
}

/** Whether a provider may bill an attempt: none bills for a refusal. */
export function mayBeBilled({ outcome, usage, firstTokenAtMs }: AttemptRecord): boolean {
  return outcome.kind !== "failed" || usage !== null || firstTokenAtMs !== null;
}
