import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FactType, FactValue } from "../../../src/facts/fact.ts";
import type { Condition } from "../../../src/language/checker/checked-policy.ts";
import { evaluateCondition, interpret } from "../../../src/language/interpreter/interpret.ts";
import {
  canBeTrue,
  evaluateSeen,
  type See,
  type Sight,
  valueWords,
} from "../../../src/language/interpreter/sight.ts";
import { seeing, traceSeen } from "../../../src/language/interpreter/trace.ts";
import { randomFacts, randomPolicy } from "../../support/random-policy.ts";

const span = { file: "x.policy", start: 0, end: 0 };
const compare = (op: "<" | "<=" | ">" | ">=" | "=" | "!=", value: number): Condition => ({
  kind: "compare",
  operand: 0,
  op,
  value,
  span,
});
const among = (values: readonly number[], ranges: readonly [number, number][]): Condition => ({
  kind: "in",
  operand: 0,
  values,
  ranges: ranges.map(([from, to]) => ({ from, to })),
  span,
});

const conditions: readonly Condition[] = [
  compare("<", 10),
  compare("<=", 10),
  compare(">", 10),
  compare(">=", 10),
  compare("=", 10),
  compare("!=", 10),
  among([3, 12], [[5, 9]]),
  among([], [[0, 20]]),
  { kind: "is-unknown", operand: 0, span },
];

test.each<[FactType, number, string]>([
  [{ kind: "decimal" }, 0.323 + 0.1, "0.423"],
  [{ kind: "decimal" }, 1 / 3, "0.333333333"],
  [{ kind: "decimal" }, 0.7000001, "0.7000001"],
  [{ kind: "whole" }, 123_456_789_012, "123456789012"],
  [{ kind: "money" }, 0.1 * 3 * 1e10, "$0.003"],
  [{ kind: "duration" }, 1_000 * 1.1 * 3, "3300ms"],
])("a value of %j that is %d is shown as %s", (type, value, shown) => {
  expect(valueWords(type, value)).toBe(shown);
});

test("a verdict on bounds is that of every number within, and open only where they differ", () => {
  for (const condition of conditions) {
    for (let low = 0; low < 16; low += 1) {
      for (let high = low; high < 16; high += 1) {
        const verdict = evaluateSeen(condition, () => ({ kind: "bounds", low, high }));
        const within = new Set<string>();
        for (let value = low; value <= high; value += 1) {
          within.add(evaluateCondition(condition, () => value));
        }
        // Lists of single numbers are not added up: they may stay open where each number lies within one.
        if (verdict === "unknown") expect(within.size > 1 || condition.kind === "in").toBe(true);
        else expect([...within]).toEqual([verdict]);
      }
    }
  }
});

/** A request of which some operands were never asked for, and what they are all the same. */
const partly = randomPolicy({ maxBranches: 6 }).chain((policy) =>
  fc.record({
    policy: fc.constant(policy),
    facts: randomFacts(policy),
    asked: fc.tuple(...policy.operands.map(() => fc.boolean())),
  }),
);

function seeAsked(facts: readonly (FactValue | undefined)[], asked: readonly boolean[]): See {
  const all = seeing((at) => facts[at]);
  return (at): Sight => (asked[at] === true ? all(at) : { kind: "unasked" });
}

describe("what nobody asked for", () => {
  test("is left open: a verdict on the rest holds whatever it is", () => {
    fc.assert(
      fc.property(partly, ({ policy, facts, asked }) => {
        const see = seeAsked(facts, asked);
        for (const { condition } of policy.branches) {
          if (condition === null) continue;
          const whole = evaluateCondition(condition, (at) => facts[at]);
          const seen = evaluateSeen(condition, see);
          if (seen !== "unknown") expect(seen).toBe(whole);
          if (whole === "true") expect(canBeTrue(condition, see)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("hides no true branch from a trace that is told which one was taken", () => {
    fc.assert(
      fc.property(partly, ({ policy, facts, asked }) => {
        const decided = interpret(policy, (at) => facts[at]);
        const lines = traceSeen(policy, seeAsked(facts, asked), decided);
        expect(lines[decided]).toMatchObject({ branch: decided, result: "true" });
        for (const { result } of lines.slice(0, decided)) expect(result).not.toBe("true");
        for (const { result } of lines.slice(decided + 1)) expect(result).toBe("not reached");
      }),
      { numRuns: 300 },
    );
  });
});
