import type { Picodollars } from "../base/money.ts";
import type { AttemptRecord } from "../runtime/dispatch/machine-types.ts";
import type { Core } from "./core.ts";
import { type EndedRequest, ledgerRows } from "./ledger-rows.ts";
import { measureAttempt } from "./measure-attempt.ts";
import type { TargetTable } from "./target-table.ts";

/** Who is charged for an attempt that was made beside a request: its policy, its rule as far as it is known, and its key. */
export type ChargedTo = Pick<EndedRequest, "id" | "policy" | "rule" | "key" | "lane">;

/**
 * Counts an attempt that was made beside a request, and writes it to the ledger; returns what it cost, null where that is not known.
 * It takes nothing from budgets: those are of plans.
 */
export function chargeBeside(
  core: Pick<Core, "cache" | "clock" | "limits" | "prompts" | "spend">,
  targets: TargetTable,
  to: ChargedTo,
  attempt: AttemptRecord,
): Picodollars | null {
  const startedAtEpochMs = core.clock.now() - core.clock.monotonic() + attempt.startedAtMs;
  const { spend, prompts, cache } = core;
  const parts = { targets, spend, prompts, prints: null, versions: cache.versions };
  const cost = measureAttempt(attempt, startedAtEpochMs, parts);
  const epochOf = (): number => startedAtEpochMs;
  const rows = ledgerRows({ ...to, attempts: [attempt], costs: [cost], epochOf });
  core.limits.write(rows).catch((error: unknown) => core.limits.failed(error));
  return cost;
}
