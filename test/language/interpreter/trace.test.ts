import fc from "fast-check";
import { expect, test } from "vitest";
import type { FactType, FactValue, Operand } from "../../../src/facts/fact.ts";
import type { Condition } from "../../../src/language/checker/checked-policy.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { trace } from "../../../src/language/interpreter/trace.ts";
import { policyAndFacts, policyOf } from "../../support/random-policy.ts";

const span = { file: "x.policy", start: 0, end: 0 };
const operand = (key: string, type: FactType): Operand => ({
  shape: { kind: "fact", name: key },
  key,
  type,
  costClass: 0,
  trust: "gateway",
  mayBeUnknown: true,
});
const operands = [
  operand("tokens", { kind: "whole" }),
  operand("intent", { kind: "text" }),
  operand("due", { kind: "duration" }),
  operand("pii", { kind: "boolean" }),
];
const compare = (at: number, op: "<" | ">=" | "=" | "!=", value: FactValue): Condition => ({
  kind: "compare",
  operand: at,
  op,
  value,
  span,
});
const short = compare(0, "<", 200);
const classify = compare(1, "=", "classify");
const facts = [250, "chat", 2_000, undefined];

test.each<[string, Condition | null, string, string]>([
  ["a comparison", short, "false", "`tokens < 200` is false: tokens is 250"],
  ["a text", classify, "false", "`intent is classify` is false: intent is chat"],
  ["a unit", compare(2, ">=", 1_000), "true", "`due >= 1s` is true: due is 2s"],
  ["an unknown", compare(3, "=", true), "unknown", "`pii is true` is unknown: pii is unknown"],
  [
    "and, false by one part",
    { kind: "and", of: [compare(3, "=", true), short, classify], span },
    "false",
    "`tokens < 200` is false: tokens is 250",
  ],
  [
    "and, unknown by one part",
    { kind: "and", of: [compare(0, ">=", 200), compare(3, "=", true)], span },
    "unknown",
    "`pii is true` is unknown: pii is unknown",
  ],
  [
    "and, true by every part",
    { kind: "and", of: [compare(0, ">=", 200), compare(1, "!=", "code")], span },
    "true",
    "`tokens >= 200` is true: tokens is 250; `intent is not code` is true: intent is chat",
  ],
  [
    "or, true by one part",
    { kind: "or", of: [short, compare(1, "=", "chat"), compare(0, ">=", 1)], span },
    "true",
    "`intent is chat` is true: intent is chat",
  ],
  [
    "or, false by every part",
    { kind: "or", of: [short, classify], span },
    "false",
    "`tokens < 200` is false: tokens is 250; `intent is classify` is false: intent is chat",
  ],
  [
    "not",
    { kind: "not", of: { kind: "and", of: [short, classify], span }, span },
    "true",
    "`tokens < 200` is false: tokens is 250",
  ],
  [
    "a list",
    { kind: "in", operand: 0, values: [7], ranges: [{ from: 10, to: 20 }], span },
    "false",
    "`tokens in [7, 10..20]` is false: tokens is 250",
  ],
  [
    "is unknown",
    { kind: "is-unknown", operand: 3, span },
    "true",
    "`pii is unknown` is true: pii is unknown",
  ],
  [
    "is not false",
    { kind: "is-not-false", operand: 3, span },
    "true",
    "`pii is not false` is true: pii is unknown",
  ],
  ["a constant", { kind: "constant", value: false }, "false", "always false"],
  ["no condition", null, "true", "always"],
])("%s is settled by name and value", (_, condition, result, why) => {
  const [line] = trace(policyOf(operands, [condition, null]), (at) => facts[at]);
  expect(line).toMatchObject({ result, why });
});

test("a text without a character is told as empty", () => {
  const [line] = trace(policyOf(operands, [classify, null]), (at) => (at === 1 ? "" : undefined));
  expect(line?.why).toBe("`intent is classify` is false: intent is empty");
});

test("what stands after the deciding branch is not reached, and the trace names what decides", () => {
  const policy = policyOf(operands, [short, null, classify, null]);
  const arms = {
    ...policy,
    branches: policy.branches.map((branch, at) => (at === 2 ? { ...branch, rule: 1 } : branch)),
  };
  expect(trace(arms, (at) => facts[at]).map(({ result, why }) => [result, why])).toEqual([
    ["false", "`tokens < 200` is false: tokens is 250"],
    ["true", "always"],
    ["not reached", "an earlier arm of this rule decides"],
    ["not reached", "rule-2 decides"],
  ]);
});

test("the trace's one true branch is the interpreter's", () => {
  fc.assert(
    fc.property(policyAndFacts(), ({ policy, requests }) => {
      for (const request of requests) {
        const lines = trace(policy, (at) => request[at]);
        const decided = lines.filter(({ result }) => result === "true");
        expect(decided.map(({ branch }) => branch)).toEqual([
          interpret(policy, (at) => request[at]),
        ]);
        expect(lines.every(({ why }) => why !== "")).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});
