import type { Picodollars } from "../base/money.ts";
import { cacheSaving, tokenCostOf } from "../catalog/cost.ts";
import type { RunningSpend } from "../catalog/month-spend.ts";
import type { AttemptRecord } from "../runtime/dispatch/machine-types.ts";
import { attemptCost } from "../runtime/telemetry/decision-record.ts";
import type { Asked } from "./asked.ts";
import type { Exchange } from "./exchange.ts";
import type { ModelVersions } from "./model-versions.ts";
import type { PromptMemory, PromptPrints } from "./prompt-memory.ts";
import type { TargetTable } from "./target-table.ts";

interface MeasureParts {
  readonly targets: Pick<TargetTable, "get" | "listed">;
  readonly spend: RunningSpend;
  readonly prompts: PromptMemory;
  readonly prints: PromptPrints | null;
  /** Told which model answered; null where the answer says nothing of the present. */
  readonly versions: ModelVersions | null;
}

/** Counts an attempt that is over, and what it adds to the month's spend; returns what it cost, null where that is not known. */
export function measureAttempt(
  attempt: AttemptRecord,
  startedAtEpochMs: number,
  { targets, spend, prompts, prints, versions }: MeasureParts,
): Picodollars | null {
  const active = targets.get(attempt.target);
  if (active === undefined) return null;
  const { target, meters } = active;
  meters.attempted(attempt);
  versions?.heard(attempt.target, attempt.usage);
  const isDiscounted = target.discounts !== undefined;
  const spent = isDiscounted ? spend.spent(target.provider, startedAtEpochMs) : 0n;
  const cost = attemptCost(attempt, targets.listed, startedAtEpochMs, spent);
  const { usage } = attempt;
  if (isDiscounted) {
    // A fee that is not known must not lose the tokens beside it.
    const least = cost ?? (usage && tokenCostOf(target, usage, startedAtEpochMs, { spent }));
    if (least !== null) spend.add(target.provider, least, startedAtEpochMs);
  }
  meters.used(usage, cost);
  if (usage !== null) {
    if (prints !== null) prompts.note(target, prints, usage, startedAtEpochMs);
    meters.saved(cacheSaving(target, usage, startedAtEpochMs, { spent }));
  }
  return cost;
}

/** Counts the attempts of a request; returns what each cost. */
export function measureAttempts(
  { core, snapshot: { targets } }: Pick<Exchange, "core" | "snapshot">,
  { request, context, prints, arrivedAtMs }: Omit<Asked, "readAtMs">,
  attempts: readonly AttemptRecord[],
): readonly (Picodollars | null)[] {
  if (attempts.length === 0) return [];
  const { spend, prompts, counts } = core;
  if (request.counting !== true) counts.heard(attempts, request.body, targets.listed);
  // The arrival by the wall clock, to which the attempts' own clock is counted on.
  const parts = { targets, spend, prompts, prints, versions: core.cache.versions };
  return attempts.map((attempt) =>
    measureAttempt(attempt, context.nowMs + attempt.startedAtMs - arrivedAtMs, parts),
  );
}
