import type { Picodollars } from "../base/money.ts";
import type { AttemptRecord } from "../runtime/dispatch/machine-types.ts";
import type { LedgerRow, LedgerUsage } from "../runtime/store/ledger.ts";
import { mayBeBilled } from "../runtime/telemetry/use-of.ts";

/** A request whose attempts are over. */
export interface EndedRequest {
  readonly id: string;
  readonly policy: string;
  readonly rule: string;
  /** The client key's name; "" for none. */
  readonly key: string;
  readonly lane: LedgerRow["lane"];
  readonly attempts: readonly AttemptRecord[];
  /** What each attempt cost, in their order; null where that is not known. */
  readonly costs: readonly (Picodollars | null)[];
  /** Epoch milliseconds of a moment of the attempts' clock. */
  readonly epochOf: (atMs: number) => number;
}

/** The rows of a request in the ledger: one for each attempt that a provider may bill, which none bills for a refusal. */
export function ledgerRows(ended: EndedRequest): readonly LedgerRow[] {
  const { id, policy, rule, key, lane, attempts, costs, epochOf } = ended;
  return attempts.flatMap((attempt, index): LedgerRow[] => {
    if (!mayBeBilled(attempt)) return [];
    return [
      {
        ...{ atMs: epochOf(attempt.startedAtMs), request: id, attempt: attempt.attempt },
        ...{ policy, rule, target: attempt.target, key, lane },
        state: stateOf(attempt),
        usage: usageOf(attempt),
        cost: costs[index] ?? null,
      },
    ];
  });
}

function stateOf({ outcome, usage }: AttemptRecord): LedgerRow["state"] {
  if (usage === null) return "unknown";
  return outcome.kind === "ok" ? "settled" : "partial";
}

function usageOf({ usage }: AttemptRecord): LedgerUsage | null {
  if (usage === null) return null;
  const { inputTokens, outputTokens, cachedReadTokens, cachedWriteTokens, reasoningTokens } = usage;
  return { inputTokens, outputTokens, cachedReadTokens, cachedWriteTokens, reasoningTokens };
}
