import { assertNever, invariant } from "../../base/assert.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { CheckedPolicy, Condition } from "../checker/checked-policy.ts";

/** Kleene's three values. */
export type Verdict = "true" | "false" | "unknown";

/** The value of an operand by its index; undefined when it is not known. NaN counts as not known. */
export type ReadOperand = (operand: number) => FactValue | undefined;

type Order = "<" | "<=" | ">" | ">=" | "=" | "!=";

const verdict = (holds: boolean): Verdict => (holds ? "true" : "false");

const opposite: Readonly<Record<Verdict, Verdict>> = {
  true: "false",
  false: "true",
  unknown: "unknown",
};

/**
 * The reference semantics of a policy: the index of the first branch in source order whose condition is true, and -1
 * when there is none, which a policy that passed the check never gives.
 */
export function interpret(policy: Pick<CheckedPolicy, "branches">, read: ReadOperand): number {
  return policy.branches.findIndex(
    ({ condition }) => condition === null || evaluateCondition(condition, read) === "true",
  );
}

/** A condition's verdict; operands are read from left to right and only until the verdict is settled. */
export function evaluateCondition(condition: Condition, read: ReadOperand): Verdict {
  switch (condition.kind) {
    case "constant":
      return verdict(condition.value);
    case "not":
      return opposite[evaluateCondition(condition.of, read)];
    case "and":
      return joinVerdicts("and", condition.of, (part) => evaluateCondition(part, read));
    case "or":
      return joinVerdicts("or", condition.of, (part) => evaluateCondition(part, read));
    case "compare":
      return compareValues(known(read(condition.operand)), condition.op, condition.value);
    case "in":
      return isAmong(known(read(condition.operand)), condition);
    case "is-unknown":
      return verdict(known(read(condition.operand)) === undefined);
    case "is-not-false":
      return verdict(read(condition.operand) !== false);
    default:
      return assertNever(condition);
  }
}

/** Kleene's `and` or `or` over parts, which are evaluated in order until one settles it. */
export function joinVerdicts<Part>(
  join: "and" | "or",
  parts: readonly Part[],
  evaluate: (part: Part) => Verdict,
): Verdict {
  const settling = join === "and" ? "false" : "true";
  let joined = opposite[settling];
  for (const part of parts) {
    const next = evaluate(part);
    if (next === settling) return settling;
    if (next === "unknown") joined = "unknown";
  }
  return joined;
}

/** Compares two values of one type; unknown when either is. Only numbers have an order. */
export function compareValues(
  left: FactValue | undefined,
  op: Order,
  right: FactValue | undefined,
): Verdict {
  if (left === undefined || right === undefined) return "unknown";
  invariant(typeof left === typeof right, `${op} between ${typeof left} and ${typeof right}`);
  if (op === "=") return verdict(left === right);
  if (op === "!=") return verdict(left !== right);
  invariant(typeof left === "number" && typeof right === "number", `${op} on ${typeof left}`);
  switch (op) {
    case "<":
      return verdict(left < right);
    case "<=":
      return verdict(left <= right);
    case ">":
      return verdict(left > right);
    case ">=":
      return verdict(left >= right);
    default:
      return assertNever(op);
  }
}

/** Whether a value is one of `values` or lies in one of the half-open `ranges`; unknown when it is not known. */
export function isAmong(
  value: FactValue | undefined,
  set: {
    readonly values: readonly FactValue[];
    readonly ranges: readonly { readonly from: number; readonly to: number }[];
  },
): Verdict {
  if (value === undefined) return "unknown";
  if (set.values.some((one) => one === value)) return "true";
  return verdict(
    typeof value === "number" && set.ranges.some(({ from, to }) => from <= value && value < to),
  );
}

/** The value, with NaN taken for not known. */
export function known(value: FactValue | undefined): FactValue | undefined {
  return Number.isNaN(value) ? undefined : value;
}
