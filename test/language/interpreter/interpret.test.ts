import { expect, test } from "vitest";
import type { FactValue } from "../../../src/facts/fact.ts";
import type { Condition } from "../../../src/language/checker/checked-policy.ts";
import { evaluateCondition, interpret } from "../../../src/language/interpreter/interpret.ts";
import { policyOf } from "../../support/random-policy.ts";

const span = { file: "x.policy", start: 0, end: 0 };
const test0 = (op: "<" | "<=" | ">" | ">=" | "=" | "!=", value: FactValue): Condition => ({
  kind: "compare",
  operand: 0,
  op,
  value,
  span,
});
const verdicts: Readonly<Record<string, Condition>> = {
  true: { kind: "constant", value: true },
  false: { kind: "constant", value: false },
  unknown: { kind: "compare", operand: 9, op: "=", value: 1, span },
};
const read =
  (value: FactValue | undefined) =>
  (operand: number): FactValue | undefined =>
    operand === 0 ? value : undefined;

test.each([
  ["<", 199, "true"],
  ["<", 200, "false"],
  ["<=", 200, "true"],
  ["<=", 201, "false"],
  [">", 200, "false"],
  [">", 201, "true"],
  [">=", 200, "true"],
  [">=", 199, "false"],
  ["=", 200, "true"],
  ["=", 201, "false"],
  ["!=", 200, "false"],
  ["!=", 201, "true"],
  ["<", undefined, "unknown"],
  ["!=", undefined, "unknown"],
  [">=", Number.NaN, "unknown"],
  ["=", Number.NaN, "unknown"],
] as const)("x %s 200 with x = %s is %s", (op, value, verdict) => {
  expect(evaluateCondition(test0(op, 200), read(value))).toBe(verdict);
});

test.each([
  ["a text that is the same", test0("=", "ads"), "ads", "true"],
  ["a text in other case", test0("=", "ads"), "Ads", "false"],
  ["another text", test0("!=", "ads"), "search", "true"],
  ["a boolean", test0("=", true), false, "false"],
  ["minus zero", test0("=", 0), -0, "true"],
  ["minus zero below zero", test0("<", 0), -0, "false"],
] as const)("equality: %s", (_, condition, value, verdict) => {
  expect(evaluateCondition(condition, read(value))).toBe(verdict);
});

const among: Condition = {
  kind: "in",
  operand: 0,
  values: [7],
  ranges: [
    { from: 10, to: 20 },
    { from: 40, to: 30 },
  ],
  span,
};

test.each([
  [7, "true"],
  [8, "false"],
  [9, "false"],
  [10, "true"],
  [19, "true"],
  [20, "false"],
  [35, "false"],
  [undefined, "unknown"],
  [Number.NaN, "unknown"],
] as const)("%s in [7, 10..20, 40..30] is %s", (value, verdict) => {
  expect(evaluateCondition(among, read(value))).toBe(verdict);
});

test.each([
  [undefined, "true", "true"],
  [false, "false", "false"],
  [true, "false", "true"],
] as const)(
  "with x = %s, `x is unknown` is %s and `x is not false` is %s",
  (value, unknown, notFalse) => {
    expect(evaluateCondition({ kind: "is-unknown", operand: 0, span }, read(value))).toBe(unknown);
    expect(evaluateCondition({ kind: "is-not-false", operand: 0, span }, read(value))).toBe(
      notFalse,
    );
  },
);

// Kleene's tables: and, or.
test.each([
  ["true", "true", "true", "true"],
  ["true", "false", "false", "true"],
  ["true", "unknown", "unknown", "true"],
  ["false", "true", "false", "true"],
  ["false", "false", "false", "false"],
  ["false", "unknown", "false", "unknown"],
  ["unknown", "true", "unknown", "true"],
  ["unknown", "false", "false", "unknown"],
  ["unknown", "unknown", "unknown", "unknown"],
])("%s with %s: and is %s, or is %s", (left, right, and, or) => {
  const of = [verdicts[left]!, verdicts[right]!];
  expect(evaluateCondition({ kind: "and", of, span }, read(0))).toBe(and);
  expect(evaluateCondition({ kind: "or", of, span }, read(0))).toBe(or);
});

test.each([
  ["true", "false"],
  ["false", "true"],
  ["unknown", "unknown"],
])("not %s is %s", (inner, verdict) => {
  expect(evaluateCondition({ kind: "not", of: verdicts[inner]!, span }, read(0))).toBe(verdict);
});

test("the first true branch in source order decides; unknown is not true", () => {
  const policy = policyOf(
    [],
    [verdicts["unknown"]!, verdicts["false"]!, test0("<", 5), null, null],
  );
  expect(interpret(policy, read(4))).toBe(2);
  expect(interpret(policy, read(5))).toBe(3);
});

test("no branch is -1", () => {
  expect(interpret(policyOf([], [verdicts["unknown"]!]), read(1))).toBe(-1);
});

test("facts are read from left to right and only until the verdict is settled", () => {
  const asked: number[] = [];
  const of = [0, 1, 2].map(
    (operand): Condition => ({ kind: "compare", operand, op: "=", value: true, span }),
  );
  evaluateCondition({ kind: "and", of, span }, (operand) => {
    asked.push(operand);
    return operand !== 1;
  });
  expect(asked).toEqual([0, 1]);
});

test("values of different types are a bug, not a verdict", () => {
  expect(() => evaluateCondition(test0("<", 5), read("five"))).toThrow("between string and number");
  expect(() => evaluateCondition(test0("<", "a"), read("b"))).toThrow("< on string");
});
