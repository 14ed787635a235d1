import type { Span } from "../../diagnostics/diagnostic.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { CheckedGuard } from "../checker/checked-policy.ts";

/**
 * What can be said of a guard before there is a request: it holds for every request, or the runtime sees to it, or a request
 * breaks it (LANGUAGE §6).
 */
export interface GuardVerdict {
  readonly guard: CheckedGuard;
  readonly verdict: "proved" | "enforced" | "refused";
  /** In plain words, lower case, without a full stop. */
  readonly why: string;
  /** A request that breaks a refused guard: facts as `explain --request` takes them. */
  readonly witness?: Readonly<Record<string, FactValue | null>>;
  /** The branch that decides the witness. */
  readonly branch?: number;
  /** The plan the witness gets, in words. */
  readonly plan?: string;
  /** What of the plan breaks the guard, and where it is written. */
  readonly culprit?: { readonly span: Span; readonly text: string; readonly target: string | null };
  /** True for an enforced guard that a size limit left undecided. */
  readonly undecided?: boolean;
}

/** A verdict on a guard that the reader knows already. */
export type Judgement = Omit<GuardVerdict, "guard">;
