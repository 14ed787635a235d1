import type { FactType, FactValue, Operand } from "../facts/fact.ts";
import type { Condition } from "../language/checker/checked-policy.ts";

/** What is changed in a mutant. */
export type MutationKind =
  | "comparison"
  | "threshold"
  | "negation"
  | "connective"
  | "target"
  | "fallback"
  | "rule"
  | "also"
  | "guard"
  | "order";

export interface ConditionChange {
  readonly kind: MutationKind;
  readonly to: Condition;
}

type Compare = Extract<Condition, { readonly kind: "compare" }>;
type In = Extract<Condition, { readonly kind: "in" }>;

/** Every small change of one node of a condition; its parts are nodes of their own. */
export function* changesOf(
  node: Condition,
  operands: readonly Operand[],
): Generator<ConditionChange> {
  switch (node.kind) {
    case "constant":
      return;
    case "not":
      yield { kind: "negation", to: node.of };
      return;
    case "and":
      yield { kind: "connective", to: { ...node, kind: "or" } };
      return;
    case "or":
      yield { kind: "connective", to: { ...node, kind: "and" } };
      return;
    case "is-unknown":
      yield { kind: "comparison", to: { kind: "not", of: node, span: node.span } };
      return;
    case "is-not-false": {
      const { operand, span } = node;
      yield { kind: "comparison", to: { kind: "compare", operand, op: "=", value: true, span } };
      yield { kind: "negation", to: { kind: "not", of: node, span } };
      return;
    }
    case "compare":
      yield* changesOfCompare(node, operands[node.operand]);
      return;
    case "in":
      yield* changesOfIn(node, operands[node.operand]);
  }
}

const flipped: Readonly<Record<Compare["op"], Compare["op"]>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "=": "!=",
  "!=": "=",
};

function* changesOfCompare(
  node: Compare,
  operand: Operand | undefined,
): Generator<ConditionChange> {
  yield { kind: "comparison", to: { ...node, op: flipped[node.op] } };
  const { value } = node;
  if (operand === undefined || typeof value !== "number") return;
  for (const moved of neighboursOf(value, operand.type)) {
    if (!isSameAsFlipped(node, moved, operand.type)) {
      yield { kind: "threshold", to: { ...node, value: moved } };
    }
  }
}

/** Of whole numbers `< 200` moved up by one is `<= 200`, which the flipped comparison is already. */
function isSameAsFlipped({ op, value }: Compare, moved: number, type: FactType): boolean {
  if (type.kind !== "whole") return false;
  const isUp = moved > Number(value);
  return isUp ? op === "<" || op === ">=" : op === "<=" || op === ">";
}

function* changesOfIn(node: In, operand: Operand | undefined): Generator<ConditionChange> {
  const { values, ranges } = node;
  if (values.length + ranges.length > 1) {
    for (const value of values) {
      const rest = values.filter((other) => other !== value);
      yield { kind: "comparison", to: { ...node, values: rest } };
    }
  }
  for (const [at, { from, to }] of ranges.entries()) {
    if (operand === undefined) return;
    const moved = [
      ...neighboursOf(from, operand.type).map((other) => ({ from: other, to })),
      ...neighboursOf(to, operand.type).map((other) => ({ from, to: other })),
    ];
    for (const range of moved) {
      if (range.from >= range.to) continue;
      yield { kind: "threshold", to: { ...node, ranges: ranges.with(at, range) } };
    }
  }
}

/** The values one step to either side that the type can have. */
function neighboursOf(value: number, type: FactType): readonly number[] {
  const step = stepOf(value, type);
  const both = [value - step, value + step].map((each) => tidy(each, type));
  return type.kind === "decimal" ? both : both.filter((each) => each >= 0);
}

/** Sums of decimals carry a tail that nobody wrote. */
function tidy(value: number, { kind }: FactType): number {
  return kind === "decimal" ? Number(value.toPrecision(12)) : value;
}

const cent = 10_000_000_000;
const second = 1_000;
const minute = 60_000;

/** The smallest sensible step: one, a cent, a second, a minute of the clock, a hundredth; less where the value itself is finer. */
export function stepOf(value: FactValue, type: FactType): number {
  const number = Math.abs(Number(value));
  switch (type.kind) {
    case "money":
      return Math.min(cent, tenthsOf(number));
    case "price":
      return Math.min(10_000, tenthsOf(number));
    case "duration":
      return number % second === 0 ? second : 1;
    case "time":
      return minute;
    case "decimal": {
      for (let step = 0.01; step > 1e-9; step /= 10) {
        if (Number.isInteger(Number((number / step).toPrecision(12)))) return tidy(step, type);
      }
      return 1e-9;
    }
    default:
      return 1;
  }
}

/** The largest power of ten that divides a number: the last digit that was written. */
function tenthsOf(value: number): number {
  if (value === 0) return cent;
  let step = 1;
  while (step < cent && value % (step * 10) === 0) step *= 10;
  return step;
}
