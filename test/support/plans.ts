import { retryableCauses } from "../../src/protocol/cause.ts";
import type { Plan } from "../../src/runtime/plan/plan.ts";
import { worstCaseOf } from "../../src/runtime/plan/worst-case.ts";

const retryable = [...retryableCauses];

/** A plan over the named targets in order, each later one a fallback on every retryable cause. */
export function planOver(targets: readonly (string | null)[], changes: Partial<Plan> = {}): Plan {
  return {
    steps: targets.map((target, index) => ({
      target,
      missing: target === null ? "candidate" : null,
      on: index === 0 ? [] : retryable,
    })),
    timeoutMs: 10_000,
    deadlineMs: 30_000,
    firstTokenMs: 2_000,
    idleMs: 5_000,
    minTps: null,
    hedgeAfterMs: null,
    continuations: 0,
    holdsAnswer: false,
    retries: 0,
    maxAttempts: 10,
    maxTokens: null,
    costLimit: null,
    set: null,
    tags: [],
    options: {},
    dropped: [],
    refusal: null,
    ...changes,
  };
}

/** The most attempts a plan can lead to. */
export const attemptsOf = (plan: Plan): number => worstCaseOf(plan, () => null).attempts;

/** The target that a plan without a ceiling on cost tries first, past steps that have none; null where there is none. */
export function firstTargetOf({ steps }: Plan): string | null {
  const [first, ...later] = steps;
  if (first?.target != null) return first.target;
  return (
    later.find(({ target, on }) => target !== null && on.includes("unavailable"))?.target ?? null
  );
}
