import fc from "fast-check";
import { expect, test } from "vitest";
import type { FactValue } from "../../../src/facts/fact.ts";
import {
  judgeTarget,
  openReasons,
  residualOf,
  whenNotFalse,
  whenTrue,
} from "../../../src/language/analysis/reach-verdict.ts";
import type { Condition, TargetCondition } from "../../../src/language/checker/checked-policy.ts";
import { evaluateCondition } from "../../../src/language/interpreter/interpret.ts";
import { evaluateTargetCondition } from "../../../src/language/interpreter/target-condition.ts";
import { readTarget } from "../../../src/runtime/plan/read-target.ts";
import { planVocabulary } from "../../support/analysing.ts";
import { checkText } from "../../support/checking.ts";
import {
  randomTargetCondition,
  requestOperands,
  variedTargets,
} from "../../support/random-target-condition.ts";

const span = { file: "test.policy", start: 0, end: 0 };

/** A `where` of a policy, the target, and what can be said of it without a request. */
const cases: readonly (readonly [string, string, ReturnType<typeof judgeTarget>])[] = [
  ["region is eu", "mistral-eu", "holds"],
  ["region is eu", "claude", "does not"],
  ["region is eu", "nowhere", "unknown"],
  ["region is unknown", "nowhere", "holds"],
  ["not (region is eu)", "nowhere", "unknown"],
  ["region is eu or local", "nowhere", "unknown"],
  ["region is eu or supports(tools)", "nowhere", "holds"],
  ["local and region is us", "local-gpu", "does not"],
  ["supports(images)", "seer", "holds"],
  ["supports(images)", "claude", "does not"],
  ["context >= 100k", "claude", "holds"],
  ["context >= 100k", "nowhere", "unknown"],
  ["price.input <= $3/M", "claude", "holds"],
  ["price.input <= $3/M", "qwen", "unknown"],
  ["healthy", "claude", "depends"],
  ["queue < 5", "claude", "depends"],
  ["healthy and region is eu", "claude", "does not"],
  ["context >= tokens + max_tokens", "claude", "depends"],
  ["context >= tokens", "nowhere", "unknown"],
  ["target is claude", "claude", "holds"],
  ["target is claude", "gpt", "does not"],
];

test.each(cases)("`where %s` for `%s`: %s", (where, name, verdict) => {
  const { policy } = checkText(
    `otherwise any of [claude, gpt] where ${where} fallback gpt`,
    {},
    planVocabulary,
  );
  const action = policy?.branches[0]?.action;
  const route = action?.kind === "plan" ? action.steps[0]?.route : undefined;
  const condition = route?.kind === "select" ? route.where : null;
  const target = planVocabulary.targets.get(name);
  if (!policy || !condition || !target) throw new Error("the policy is not sound");
  const candidate = { target, operands: policy.operands, ceilings: [null], span };
  expect(judgeTarget(condition, candidate)).toBe(verdict);
});

test("a price that begins on a day is not known before it", () => {
  const target = planVocabulary.targets.get("claude")!;
  const prices = target.prices.map((table) => ({ ...table, effectiveFrom: Date.UTC(2030, 0) }));
  const condition: TargetCondition = {
    kind: "compare",
    op: ">",
    left: { kind: "target-fact", name: "price.output", type: { kind: "price" } },
    right: { kind: "literal", value: Number.MAX_SAFE_INTEGER, type: { kind: "price" } },
  };
  const judged = (each: typeof target) =>
    judgeTarget(condition, { target: each, operands: [], ceilings: [null], span });
  expect(judged(target)).toBe("does not");
  expect(judged({ ...target, prices })).toBe("depends");
});

interface Asked {
  readonly condition: TargetCondition;
  readonly target: (typeof variedTargets)[number];
  readonly tokens: number;
  readonly maxTokens: number | undefined;
  readonly region: string | undefined;
  readonly wants: boolean | undefined;
  readonly ceiling: number | null;
  readonly queue: number | undefined;
  readonly healthy: boolean;
}

const asked: fc.Arbitrary<Asked> = fc.record({
  condition: randomTargetCondition,
  target: fc.constantFrom(...variedTargets),
  tokens: fc.nat({ max: 20 }),
  maxTokens: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
  region: fc.constantFrom("eu", "us", undefined),
  wants: fc.constantFrom(true, false, undefined),
  ceiling: fc.constantFrom(null, 3, 12),
  queue: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
  healthy: fc.boolean(),
});

test("what is left of a condition is true, or not false, for the very requests for which the condition is; open parts only widen it", () => {
  let exact = 0;
  fc.assert(
    fc.property(asked, (request) => {
      const { condition, target, tokens, maxTokens, ceiling } = request;
      const sum = maxTokens === undefined ? undefined : tokens + maxTokens;
      const values: readonly (FactValue | undefined)[] = [
        tokens,
        maxTokens,
        request.region,
        request.wants,
        sum,
      ];
      const read = (operand: number): FactValue | undefined => values[operand];
      const least = [ceiling, maxTokens ?? null].filter((each) => each !== null);
      const verdict = evaluateTargetCondition(condition, read, (question) =>
        readTarget(question, target, {
          live: { healthy: () => request.healthy, measured: () => request.queue },
          atMs: 0,
          promptTokens: tokens,
          outputCeiling: least.length === 0 ? null : Math.min(...least),
        }),
      );
      const residual = residualOf(condition, {
        target,
        operands: requestOperands,
        ceilings: [ceiling],
        span,
      });
      const holds = (part: Condition): boolean => {
        const answer = evaluateCondition(part, read);
        expect(answer).not.toBe("unknown");
        return answer === "true";
      };
      const isExact = openReasons(residual).length === 0;
      if (isExact) exact += 1;
      const isTrue = verdict === "true";
      const isNotFalse = verdict !== "false";
      if (isTrue || isExact) expect(holds(whenTrue(residual, "possible"))).toBe(isTrue);
      if (!isTrue || isExact) expect(holds(whenTrue(residual, "certain"))).toBe(isTrue);
      if (isNotFalse || isExact) expect(holds(whenNotFalse(residual, "possible"))).toBe(isNotFalse);
      if (!isNotFalse || isExact) expect(holds(whenNotFalse(residual, "certain"))).toBe(isNotFalse);
    }),
    { numRuns: process.env["SIGNALBOX_LONG"] === "1" ? 50_000 : 3_000 },
  );
  expect(exact).toBeGreaterThan(1_000);
});
