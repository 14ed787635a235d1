import fc from "fast-check";
import type { CostClass, FactType, FactValue, Operand } from "../../src/facts/fact.ts";
import type {
  Action,
  CheckedPolicy,
  Condition,
} from "../../src/language/checker/checked-policy.ts";

const span = { file: "random.policy", start: 0, end: 0 };

export interface OperandKind {
  readonly name: string;
  readonly type: FactType;
  readonly costClass: CostClass;
  /** Constants that conditions compare with. */
  readonly constants: readonly FactValue[];
}

/** Operands of every type and cost class; those of class 2 and above are dear. */
const kinds: readonly OperandKind[] = [
  { name: "tokens", type: { kind: "whole" }, costClass: 0, constants: [0, 1, 2, 200, 8_000] },
  { name: "max_tokens", type: { kind: "whole" }, costClass: 0, constants: [1, 200, 4_096] },
  { name: "spend.user.today", type: { kind: "money" }, costClass: 1, constants: [0, 5e12] },
  { name: "metadata.weight", type: { kind: "decimal" }, costClass: 0, constants: [-0.5, 0, 0.1] },
  { name: "due", type: { kind: "duration" }, costClass: 0, constants: [200, 86_400_000] },
  { name: "date", type: { kind: "date" }, costClass: 0, constants: [20_000, 20_001] },
  { name: "stream", type: { kind: "boolean" }, costClass: 0, constants: [true, false] },
  {
    name: "team",
    type: { kind: "text" },
    costClass: 0,
    constants: ["ads", "search", "ops", "café", "", "law", "__proto__"],
  },
  { name: "pii", type: { kind: "boolean" }, costClass: 2, constants: [true, false] },
  { name: "language", type: { kind: "text" }, costClass: 2, constants: ["de", "en"] },
  { name: "difficulty", type: { kind: "decimal" }, costClass: 3, constants: [0.25, 0.5] },
  {
    name: "intent",
    type: { kind: "text", values: ["classify", "chat", "code"] },
    costClass: 3,
    constants: ["classify", "chat", "code"],
  },
];

/** A text that no condition names. */
export const foreignText = "elsewhere";

export interface PolicyShape {
  readonly operands?: number;
  readonly maxBranches?: number;
}

/** Well-typed policies over operands of all types, with an `otherwise` at the end. */
export function randomPolicy({
  operands = kinds.length,
  maxBranches = 8,
}: PolicyShape = {}): fc.Arbitrary<CheckedPolicy> {
  return fc
    .shuffledSubarray([...kinds], { minLength: 1, maxLength: operands })
    .chain((chosen) =>
      fc
        .array(conditionOn(chosen), { maxLength: maxBranches })
        .map((conditions) => policyOf(chosen.map(operandOf), [...conditions, null])),
    );
}

/** A policy whose n-th branch is its n-th rule, with its n-th target as the whole plan. */
export function policyOf(
  operands: readonly Operand[],
  conditions: readonly (Condition | null)[],
): CheckedPolicy {
  return {
    name: "random",
    hash: "00112233445566aa",
    operands,
    rules: conditions.map((_, index) => ({
      id: `rule-${index + 1}`,
      name: index % 2 === 0 ? null : `rule ${index + 1}`,
      line: index + 1,
      span,
    })),
    branches: conditions.map((condition, rule) => ({
      rule,
      condition,
      action: planOf(`target-${rule}`),
      span,
    })),
    alsos: [],
    guards: [],
    intents: [],
    targets: conditions.map((_, index) => `target-${index}`),
    files: ["random.policy"],
  };
}

function planOf(target: string): Action {
  return {
    kind: "plan",
    steps: [{ route: { kind: "target", target }, on: [], span }],
    options: {},
    span,
  };
}

function operandOf({ name, type, costClass }: OperandKind): Operand {
  return {
    shape: { kind: "fact", name },
    key: name,
    type,
    costClass,
    trust: "gateway",
    mayBeUnknown: true,
  };
}

/** Well-typed conditions over these operands, by their place in the list. */
export function conditionOn(chosen: readonly OperandKind[]): fc.Arbitrary<Condition> {
  const test = fc
    .nat({ max: chosen.length - 1 })
    .chain((operand) => testOf(operand, chosen[operand]!));
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => {
    const inner = tie("condition");
    const joined = fc.array(inner, { minLength: 2, maxLength: 3 });
    return {
      condition: fc.oneof(
        { maxDepth: 3, depthSize: "small" },
        { weight: 4, arbitrary: test },
        { weight: 1, arbitrary: inner.map((of): Condition => ({ kind: "not", of, span })) },
        { weight: 2, arbitrary: joined.map((of): Condition => ({ kind: "and", of, span })) },
        { weight: 2, arbitrary: joined.map((of): Condition => ({ kind: "or", of, span })) },
      ),
    };
  });
  return condition;
}

function testOf(operand: number, { type, constants }: OperandKind): fc.Arbitrary<Condition> {
  const constant = fc.constantFrom(...constants);
  const compare = (...ops: readonly ("<" | "<=" | ">" | ">=" | "=" | "!=")[]) =>
    fc
      .tuple(fc.constantFrom(...ops), constant)
      .map(([op, value]): Condition => ({ kind: "compare", operand, op, value, span }));
  const isUnknown = fc.constant<Condition>({ kind: "is-unknown", operand, span });
  const values = fc.uniqueArray(constant, { maxLength: 3 });
  switch (type.kind) {
    case "boolean":
      return fc.oneof(
        compare("=", "!="),
        isUnknown,
        fc.constant<Condition>({ kind: "is-not-false", operand, span }),
        fc.boolean().map((value): Condition => ({ kind: "constant", value })),
      );
    case "text":
      return fc.oneof(
        compare("=", "!="),
        isUnknown,
        values.map((some): Condition => ({ kind: "in", operand, values: some, ranges: [], span })),
      );
    default: {
      const range = fc
        .tuple(constant, constant)
        .map(([a, b]) => ({ from: Number(a), to: Number(b) }));
      return fc.oneof(
        { weight: 4, arbitrary: compare("<", "<=", ">", ">=", "=", "!=") },
        { weight: 1, arbitrary: isUnknown },
        {
          weight: 2,
          arbitrary: fc
            .tuple(values, fc.array(range, { maxLength: 2 }))
            .map(
              ([some, ranges]): Condition => ({ kind: "in", operand, values: some, ranges, span }),
            ),
        },
      );
    }
  }
}

/** Values that tell every segment of an operand apart: each constant, its neighbours, a foreign text, and unknown. */
export function tellingValues(policy: CheckedPolicy, operand: number): (FactValue | undefined)[] {
  const { type } = policy.operands[operand]!;
  if (type.kind === "boolean") return [true, false, undefined];
  const constants = constantsOf(policy, operand);
  if (type.kind === "text") return [...constants, foreignText, undefined];
  const numbers = constants.flatMap((constant) => {
    const value = Number(constant);
    return type.kind === "decimal"
      ? [value - 1e-9, value, value + 1e-9]
      : [value - 1, value, value + 1];
  });
  return [...new Set(numbers), ...(numbers.length === 0 ? [7] : []), undefined];
}

/** Every constant that the policy compares an operand with. */
export function constantsOf(policy: CheckedPolicy, operand: number): FactValue[] {
  const constants = new Set<FactValue>();
  const visit = (condition: Condition): void => {
    if (condition.kind === "and" || condition.kind === "or") condition.of.forEach(visit);
    else if (condition.kind === "not") visit(condition.of);
    else if (condition.kind === "compare" && condition.operand === operand) {
      constants.add(condition.value);
    } else if (condition.kind === "in" && condition.operand === operand) {
      for (const value of condition.values) constants.add(value);
      for (const { from, to } of condition.ranges) constants.add(from).add(to);
    }
  };
  for (const { condition } of policy.branches) if (condition !== null) visit(condition);
  return [...constants];
}

/** The facts of one request, by operand; undefined is unknown. */
export type Facts = readonly (FactValue | undefined)[];

/** Requests whose facts lie at, just below and just above the policy's constants, or are unknown, NaN or minus zero. */
export function randomFacts(policy: CheckedPolicy): fc.Arbitrary<Facts> {
  return fc.tuple(
    ...policy.operands.map(({ type }, operand) => {
      const telling = tellingValues(policy, operand);
      const odd = type.kind === "text" || type.kind === "boolean" ? [] : [Number.NaN, -0];
      return fc.constantFrom<FactValue | undefined>(...telling, ...odd);
    }),
  );
}

/** A policy with some requests for it. */
export function policyAndFacts(
  shape: PolicyShape = {},
  requests = 12,
): fc.Arbitrary<{ readonly policy: CheckedPolicy; readonly requests: readonly Facts[] }> {
  return randomPolicy(shape).chain((policy) =>
    fc
      .array(randomFacts(policy), { minLength: 1, maxLength: requests })
      .map((some) => ({ policy, requests: some })),
  );
}
