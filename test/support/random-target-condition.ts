import fc from "fast-check";
import type { Target } from "../../src/catalog/target.ts";
import type { Operand } from "../../src/facts/fact.ts";
import type {
  TargetCondition,
  TargetExpression,
} from "../../src/language/checker/checked-policy.ts";
import { flatPrice } from "./analysing.ts";
import { aTarget } from "./checking.ts";

const whole = { kind: "whole" } as const;
const text = { kind: "text" } as const;

function operandOf(key: string, type: Operand["type"], mayBeUnknown: boolean): Operand {
  return {
    shape: { kind: "fact", name: key },
    key,
    type,
    costClass: 0,
    trust: "gateway",
    mayBeUnknown,
  };
}

/** What conditions on targets ask of a request: a prompt, a ceiling, a text, a truth, a sum. */
export const requestOperands: readonly Operand[] = [
  operandOf("tokens", whole, false),
  operandOf("max_tokens", whole, true),
  operandOf("team", text, true),
  operandOf("pii", { kind: "boolean" }, true),
  {
    ...operandOf("tokens + max_tokens", whole, true),
    shape: {
      kind: "arithmetic",
      op: "+",
      left: { kind: "fact", name: "tokens" },
      right: { kind: "fact", name: "max_tokens" },
    },
  },
];

/** Targets that differ in all that a condition may ask, unknown values included. */
export const variedTargets: readonly Target[] = [
  aTarget("a", { region: "eu", local: true, contextTokens: 8, maxOutputTokens: 4 }),
  aTarget("b", { region: "us", contextTokens: 16, maxOutputTokens: null, prices: flatPrice(1, 2) }),
  aTarget("c", { region: null, contextTokens: null, maxOutputTokens: 2, quality: {} }),
  aTarget("d", {
    region: "eu",
    prices: [
      {
        effectiveFrom: Number.NEGATIVE_INFINITY,
        batchShare: null,
        bands: [
          { abovePromptTokens: 0, input: 1, output: 2, cachedRead: 0, cachedWrite: 2 },
          { abovePromptTokens: 6, input: 3, output: 2, cachedRead: 0, cachedWrite: 4 },
        ],
      },
    ],
  }),
];

const literal = (value: number): TargetExpression => ({ kind: "literal", value, type: whole });

const number: fc.Arbitrary<TargetExpression> = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map(literal),
  fc.constantFrom<TargetExpression>(
    { kind: "target-fact", name: "context", type: whole },
    { kind: "target-fact", name: "price.input", type: whole },
    { kind: "target-fact", name: "queue", type: whole },
    { kind: "operand", operand: 0, type: whole },
    { kind: "operand", operand: 1, type: whole },
    { kind: "max-tokens", operand: 1, type: whole },
  ),
);

const sum: fc.Arbitrary<TargetExpression> = fc.oneof(
  { weight: 3, arbitrary: number },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("+" as const, "-" as const, "*" as const), number, number)
      .map(([op, left, right]): TargetExpression => ({ kind: "arithmetic", op, left, right })),
  },
);

const word: fc.Arbitrary<TargetExpression> = fc.constantFrom<TargetExpression>(
  { kind: "target-fact", name: "region", type: text },
  { kind: "literal", value: "eu", type: text },
  { kind: "literal", value: "us", type: text },
  { kind: "operand", operand: 2, type: text },
);

const truth: fc.Arbitrary<TargetExpression> = fc.constantFrom<TargetExpression>(
  { kind: "target-fact", name: "local", type: { kind: "boolean" } },
  { kind: "target-fact", name: "healthy", type: { kind: "boolean" } },
  { kind: "supports", ability: "tools" },
  { kind: "supports", ability: "images" },
  { kind: "operand", operand: 3, type: { kind: "boolean" } },
);

const test: fc.Arbitrary<TargetCondition> = fc.oneof(
  fc
    .tuple(fc.constantFrom("<", "<=", ">", ">=", "=", "!="), sum, sum)
    .map(([op, left, right]): TargetCondition => ({ kind: "compare", op: op as "<", left, right })),
  fc
    .tuple(fc.constantFrom("=" as const, "!=" as const), word, word)
    .map(([op, left, right]): TargetCondition => ({ kind: "compare", op, left, right })),
  truth.map((of): TargetCondition => ({ kind: "holds", of })),
  fc.oneof(word, sum).map((of): TargetCondition => ({ kind: "is-unknown", of })),
  sum.map(
    (of): TargetCondition => ({ kind: "in", of, values: [2, 5], ranges: [{ from: 8, to: 12 }] }),
  ),
  fc.constantFrom("a", "b").map(
    (name): TargetCondition => ({
      kind: "compare",
      op: "=",
      left: { kind: "target-name" },
      right: { kind: "literal", value: name, type: text },
    }),
  ),
);

/** Conditions on a target, nested, with sums, unknown values and live facts. */
export const randomTargetCondition: fc.Arbitrary<TargetCondition> = fc.letrec<{
  condition: TargetCondition;
}>((tie) => {
  const inner = tie("condition");
  const joined = fc.array(inner, { minLength: 2, maxLength: 3 });
  return {
    condition: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      { weight: 4, arbitrary: test },
      { weight: 1, arbitrary: inner.map((of): TargetCondition => ({ kind: "not", of })) },
      { weight: 1, arbitrary: joined.map((of): TargetCondition => ({ kind: "and", of })) },
      { weight: 1, arbitrary: joined.map((of): TargetCondition => ({ kind: "or", of })) },
    ),
  };
}).condition;
