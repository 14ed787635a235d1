import type { Failure } from "../../protocol/failure.ts";
import type { Admission, Pass } from "../limits/admission.ts";
import { type Counted, isBudgetOf, spentBudget } from "./counted.ts";
import type { Plan } from "./plan.ts";
import type { CountedTake } from "./wish-of-plan.ts";

/** What came of asking for leave to carry a plan out. */
export type Leave =
  /** It may be sent. Where a budget was `spent`, its failure is the plan's first, and the budget is none of the `takes`. */
  | {
      readonly kind: "pass";
      readonly pass: Pass;
      /** What it took, in the order of what `pass` is ended with. */
      readonly takes: readonly CountedTake[];
      readonly spent: Failure | null;
    }
  /** A budget has nothing left, and nothing of the plan is free of it: the plan fails with this. */
  | { readonly kind: "spent"; readonly failure: Failure }
  /** A limit or its concurrency has no room. */
  | { readonly kind: "refused"; readonly option: string; readonly retryAfterMs: number | null }
  /** It waits no longer. */
  | { readonly kind: "gone" };

export interface LeaveAsked {
  readonly admission: Pick<Admission, "admit">;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly plan: Pick<Plan, "steps" | "options">;
  readonly counted: Counted;
  /** Whom waiting is fair between. */
  readonly caller: string;
}

export interface LeaveTold {
  /** A counter that had no room. */
  limited(option: string): void;
  /** Told once, or `failed` is. */
  answered(leave: Leave): void;
  /** A StoreError where the counters cannot be read or written. */
  failed(error: unknown): void;
}

/**
 * Asks for leave to carry a plan out. A budget without room keeps it from its first target alone: the steps that take over from a
 * spent budget are not held against it, but against all else; nor is a kept answer. Told as `Admission.admit` tells, and left alike.
 */
export function askLeave(asked: LeaveAsked, told: LeaveTold): () => void {
  const { admission, now, plan, counted, caller } = asked;
  const { turns, takes: all } = counted.wish;
  const size = Math.max(1, counted.expected.tokens);
  const goesOn = goesOnWithoutBudget(plan);
  let tries = 0;
  let leave = (): void => undefined;
  const ask = (takes: readonly CountedTake[], spent: Failure | null): void => {
    tries += 1;
    const own = tries;
    const stop = admission.admit(
      { caller, size, turns, takes },
      {
        answered(answer) {
          if (answer.kind === "pass") {
            told.answered({ kind: "pass", pass: answer, takes, spent });
            return;
          }
          const { by, retryAtMs } = answer;
          if (by === null) {
            told.answered({ kind: "gone" });
            return;
          }
          const { option } = by;
          told.limited(option);
          const retryAfterMs = retryAtMs === null ? null : Math.max(retryAtMs - now(), 1);
          if (!isBudgetOf(plan, by)) told.answered({ kind: "refused", option, retryAfterMs });
          else {
            const failure = spentBudget(option, retryAfterMs);
            if (!goesOn) told.answered({ kind: "spent", failure });
            else
              ask(
                takes.filter(({ take }) => take.option !== option),
                spent ?? failure,
              );
          }
        },
        failed: told.failed,
      },
    );
    // Where this was answered at once, another try may be under way by now.
    if (own === tries) leave = stop;
  };
  ask(all, null);
  return () => leave();
}

/** Whether something of a plan may still answer when a budget is spent. */
function goesOnWithoutBudget({ steps, options: { cache } }: LeaveAsked["plan"]): boolean {
  const isTakenOver = steps.some(({ on }) => on.includes("budget_exceeded"));
  return isTakenOver || (cache !== undefined && cache.kind !== "off");
}
