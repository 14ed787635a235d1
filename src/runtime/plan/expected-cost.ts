import { type Expected, hasCheapCache } from "../../catalog/cost.ts";
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
export function expectedAt(target: Target, { tier, spent, live }: Present): Expected {
  const { name, provider, discounts, runningCost } = target;
  const isCached = hasCheapCache(target);
  if (discounts === undefined && runningCost === undefined && !isCached) return { tier };
  return {
    tier,
    cachedTokens: isCached ? live.measured(name, "cached") : undefined,
    spent: discounts === undefined ? 0n : spent?.(provider),
    tokensPerSecond: runningCost === undefined ? undefined : live.measured(name, "tps"),
  };
}
