import { expect, test } from "vitest";
import type { FactValue } from "../../../src/facts/fact.ts";
import type {
  TargetCondition,
  TargetExpression,
} from "../../../src/language/checker/checked-policy.ts";
import {
  evaluateTargetCondition,
  type TargetQuestion,
} from "../../../src/language/interpreter/target-condition.ts";

const whole = { kind: "whole" } as const;
const text = { kind: "text" } as const;
const fact = (name: string): TargetExpression => ({ kind: "target-fact", name, type: whole });
const literal = (value: FactValue): TargetExpression => ({ kind: "literal", value, type: whole });
const operand = (at: number): TargetExpression => ({ kind: "operand", operand: at, type: whole });
const compare = (
  left: TargetExpression,
  op: "<" | "<=" | ">" | ">=" | "=" | "!=",
  right: TargetExpression,
): TargetCondition => ({ kind: "compare", left, op, right });
const sum: TargetExpression = {
  kind: "arithmetic",
  op: "+",
  left: operand(0),
  right: operand(1),
};

const operands: readonly (FactValue | undefined)[] = [120_000, 8_000, undefined];
const target = {
  facts: { context: 128_000, region: "eu" } as Readonly<Record<string, FactValue>>,
  abilities: ["tools"],
  name: "claude",
};
function answer(question: TargetQuestion): FactValue | undefined {
  if (question.kind === "target-fact") return target.facts[question.name];
  return question.kind === "supports" ? target.abilities.includes(question.ability) : target.name;
}
const evaluate = (condition: TargetCondition) =>
  evaluateTargetCondition(condition, (at) => operands[at], answer);

const roomy = compare(fact("context"), ">=", sum);
const unlisted = compare(fact("quality"), ">", literal(0.5));

test.each<[string, TargetCondition, string]>([
  ["context >= tokens + max_tokens", roomy, "true"],
  ["context > tokens + max_tokens", compare(fact("context"), ">", sum), "false"],
  [
    "context - tokens = 8k",
    compare(
      { kind: "arithmetic", op: "-", left: fact("context"), right: operand(0) },
      "=",
      literal(8_000),
    ),
    "true",
  ],
  [
    "tokens * 2 < context",
    compare(
      { kind: "arithmetic", op: "*", left: operand(0), right: literal(2) },
      "<",
      fact("context"),
    ),
    "false",
  ],
  ["an unknown request fact", compare(fact("context"), ">=", operand(2)), "unknown"],
  [
    "arithmetic on an unknown",
    compare({ kind: "arithmetic", op: "+", left: operand(0), right: operand(2) }, ">", literal(0)),
    "unknown",
  ],
  ["a target fact that is not listed", unlisted, "unknown"],
  ["`is unknown` of it", { kind: "is-unknown", of: fact("quality") }, "true"],
  ["`is unknown` of a listed one", { kind: "is-unknown", of: fact("context") }, "false"],
  ["not unknown", { kind: "not", of: unlisted }, "unknown"],
  ["not true", { kind: "not", of: roomy }, "false"],
  ["and with an unknown", { kind: "and", of: [unlisted, roomy] }, "unknown"],
  ["or with an unknown", { kind: "or", of: [unlisted, roomy] }, "true"],
  ["supports(tools)", { kind: "holds", of: { kind: "supports", ability: "tools" } }, "true"],
  ["supports(images)", { kind: "holds", of: { kind: "supports", ability: "images" } }, "false"],
  ["a boolean fact not known", { kind: "holds", of: fact("healthy") }, "unknown"],
  [
    "target is claude",
    compare({ kind: "target-name" }, "=", { kind: "literal", value: "claude", type: text }),
    "true",
  ],
  [
    "region in [eu, us]",
    { kind: "in", of: fact("region"), values: ["eu", "us"], ranges: [] },
    "true",
  ],
  [
    "context in 1..128000, half open",
    { kind: "in", of: fact("context"), values: [], ranges: [{ from: 1, to: 128_000 }] },
    "false",
  ],
  ["in, of an unknown", { kind: "in", of: fact("quality"), values: [1], ranges: [] }, "unknown"],
  ["a constant", { kind: "constant", value: false }, "false"],
])("%s", (_, condition, verdict) => {
  expect(evaluate(condition)).toBe(verdict);
});
