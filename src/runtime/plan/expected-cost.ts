import type { Expected } from "../../catalog/cost.ts";
import type { Target } from "../../catalog/target.ts";
import type { LiveTargets } from "../../catalog/target-fact.ts";
import type { BilledTier } from "../../protocol/usage.ts";

/** What the cost of a request at any target rests on besides its size. */
interface Present {
  readonly tier?: BilledTier | null | undefined;
  readonly spent?: ((provider: string) => bigint) | undefined;
  readonly live: LiveTargets;
}

/** What of it counts at one target: the rest is not asked for. */
export function expectedAt(
  { name, provider, discounts, runningCost }: Target,
  { tier, spent, live }: Present,
): Expected {
  if (discounts === undefined && runningCost === undefined) return { tier };
  return {
    tier,
    spent: discounts === undefined ? 0n : spent?.(provider),
    tokensPerSecond: runningCost === undefined ? undefined : live.measured(name, "tps"),
  };
}
