import type { Picodollars } from "../base/money.ts";
import { cacheSaving } from "../catalog/cost.ts";
import type { RunningSpend } from "../catalog/month-spend.ts";
import type { AttemptRecord } from "../runtime/dispatch/machine-types.ts";
import { attemptCost } from "../runtime/telemetry/decision-record.ts";
import type { PromptMemory, PromptPrints } from "./prompt-memory.ts";
import type { TargetTable } from "./target-table.ts";

interface MeasureParts {
  readonly targets: Pick<TargetTable, "get" | "listed">;
  readonly spend: RunningSpend;
  readonly prompts: PromptMemory;
  readonly prints: PromptPrints | null;
}

/** Counts an attempt that is over, and what it adds to the month's spend; returns what it cost, null where that is not known. */
export function measureAttempt(
  attempt: AttemptRecord,
  startedAtEpochMs: number,
  { targets, spend, prompts, prints }: MeasureParts,
): Picodollars | null {
  const active = targets.get(attempt.target);
  if (active === undefined) return null;
  const { target, meters } = active;
  meters.attempted(attempt);
  const isDiscounted = target.discounts !== undefined;
  const spent = isDiscounted ? spend.spent(target.provider, startedAtEpochMs) : 0n;
  const cost = attemptCost(attempt, targets.listed, startedAtEpochMs, spent);
  if (cost !== null && isDiscounted) spend.add(target.provider, cost, startedAtEpochMs);
  meters.used(attempt.usage, cost);
  if (attempt.usage !== null) {
    if (prints !== null) prompts.note(target, prints, attempt.usage, startedAtEpochMs);
    meters.saved(cacheSaving(target, attempt.usage, startedAtEpochMs, { spent }));
  }
  return cost;
}
