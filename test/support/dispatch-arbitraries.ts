import fc from "fast-check";
import { type Cause, causes } from "../../src/protocol/cause.ts";
import type { Failure } from "../../src/protocol/failure.ts";
import type { CostLimit, Plan, PlanStep } from "../../src/runtime/plan/plan.ts";

const cause: fc.Arbitrary<Cause> = fc.constantFrom(...causes);

/** Failures of every cause, with and without a hint when to return, sane or not. */
export const anyFailure: fc.Arbitrary<Failure> = fc
  .record({
    cause,
    retrySame: fc.boolean(),
    hint: fc.option(
      fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.constantFrom(Number.NaN, -5, 1e12)),
      { nil: undefined },
    ),
  })
  .map(({ hint, ...rest }) => ({
    ...rest,
    message: "",
    ...(hint === undefined ? {} : { retryAfterMs: hint }),
  }));

const step: fc.Arbitrary<PlanStep> = fc
  .record({
    target: fc.option(fc.constantFrom("a", "b", "c", "d"), { nil: null, freq: 6 }),
    on: fc.uniqueArray(cause, { maxLength: causes.length }),
    why: fc.constantFrom("requested" as const, "candidate" as const),
  })
  .map(({ target, on, why }) => ({ target, on, missing: target === null ? why : null }));

const attemptCost = fc.option(fc.integer({ min: 0, max: 100 }), { freq: 5 });

const costLimit: fc.Arbitrary<CostLimit> = fc.record({
  most: fc.integer({ min: 0, max: 400 }),
  attempts: fc.record({ a: attemptCost, b: attemptCost, c: attemptCost, d: attemptCost }),
});

/** Plans of up to six steps over four targets, with limits short enough to be reached. */
export const anyPlan: fc.Arbitrary<Plan> = fc
  .record({
    steps: fc.array(step, { minLength: 1, maxLength: 6 }),
    timeoutMs: fc.integer({ min: 1, max: 4_000 }),
    deadlineMs: fc.integer({ min: 1, max: 12_000 }),
    firstTokenMs: fc.integer({ min: 1, max: 3_000 }),
    idleMs: fc.integer({ min: 20, max: 2_000 }),
    retries: fc.integer({ min: 0, max: 3 }),
    maxAttempts: fc.integer({ min: 1, max: 8 }),
    costLimit: fc.option(costLimit, { freq: 3 }),
    continuations: fc.nat({ max: 1 }),
    holdsAnswer: fc.boolean(),
    hedgeAfterMs: fc.option(fc.integer({ min: 1, max: 2_000 })),
    minTps: fc.option(fc.integer({ min: 1, max: 50 })),
  })
  .map((plan) => ({
    ...plan,
    maxTokens: null,
    set: null,
    tags: [],
    options: {},
    dropped: [],
    refusal: null,
  }));
