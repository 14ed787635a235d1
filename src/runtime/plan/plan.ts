import type { Picodollars } from "../../base/money.ts";
import type { CheckedOptions } from "../../language/checker/checked-policy.ts";
import type { Cause } from "../../protocol/cause.ts";

/** One step of a plan with its route resolved: one target, or none when the route had no candidate. */
export interface PlanStep {
  readonly target: string | null;
  /**
   * Why there is no target: the client named none that is known, no candidate was left, or a guard forbids what there was.
   * Null when there is one.
   */
  readonly missing: "requested" | "candidate" | "guard" | null;
  /**
   * Where a selection has no candidate: what it would choose from if all were healthy. A request that nobody takes may be tried there.
   */
  readonly spares?: readonly string[];
  /** Causes of an earlier failure that lead here; empty for the first step. */
  readonly on: readonly Cause[];
}

/** A ceiling on what all attempts of a plan together may cost; an attempt that could go beyond it is not made. */
export interface CostLimit {
  readonly most: Picodollars;
  /** By target, the most that one attempt can cost; null where nothing bounds it. */
  readonly attempts: Readonly<Record<string, Picodollars | null>>;
}

/** A target that a guard keeps out of a plan. */
export interface Dropped {
  readonly target: string;
  /** The guard as written. */
  readonly guard: string;
}

/** Why a request with a plan is answered without an attempt. */
export interface Refusal {
  readonly status: number;
  readonly code: "guard" | "tokens_exceeded" | "cost_ceiling";
  readonly message: string;
}

/** Under this name a record holds the target that a sticky plan stays with. */
export const stuckKey = "plan.stuck";

/** What dispatch carries out: pure data, made from a decision, the snapshot and the seed. */
export interface Plan {
  readonly steps: readonly PlanStep[];
  /** Each attempt, from sending to its last byte. */
  readonly timeoutMs: number;
  /** The whole request, over all attempts. */
  readonly deadlineMs: number;
  /** From sending to the first meaningful piece; streams only. */
  readonly firstTokenMs: number;
  /** Between bytes of a stream that has begun. */
  readonly idleMs: number;
  /** Least tokens per second of a stream that has begun; null for none. */
  readonly minTps: number | null;
  /** After how long a silent attempt gets a second beside it, at the next step; null for never. */
  readonly hedgeAfterMs: number | null;
  /** How often a stream that breaks off is gone on with by a later step. */
  readonly continuations: number;
  /** Whether an answer is held back until it is whole and accepted. */
  readonly holdsAnswer: boolean;
  /** Further attempts at the same target. */
  readonly retries: number;
  readonly maxAttempts: number;
  readonly maxTokens: number | null;
  readonly costLimit: CostLimit | null;
  readonly set: Readonly<Record<string, number | string | boolean>> | null;
  readonly tags: readonly string[];
  /** The options it was made from: the plan's own and those of the alsos that apply. */
  readonly options: CheckedOptions;
  readonly dropped: readonly Dropped[];
  /** Null for a plan to carry out. */
  readonly refusal: Refusal | null;
}

/** A plan of nothing, for a request that has none. */
export const noPlan: Plan = {
  steps: [],
  timeoutMs: 0,
  deadlineMs: 0,
  firstTokenMs: 0,
  idleMs: 0,
  minTps: null,
  hedgeAfterMs: null,
  continuations: 0,
  holdsAnswer: false,
  retries: 0,
  maxAttempts: 0,
  maxTokens: null,
  costLimit: null,
  set: null,
  tags: [],
  options: {},
  dropped: [],
  refusal: null,
};

/** Whether a plan is left without any target because the client named none that is known. */
export function namesNothing({ steps }: Pick<Plan, "steps">): boolean {
  let requested = false;
  for (const { target, missing, spares } of steps) {
    if (target !== null || spares !== undefined) return false;
    if (missing === "requested") requested = true;
  }
  return requested;
}
