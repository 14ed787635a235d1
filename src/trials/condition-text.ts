import type { FactType, FactValue, Operand } from "../facts/fact.ts";
import { showFactValue } from "../facts/value.ts";
import type { Condition } from "../language/checker/checked-policy.ts";

/** A condition as a policy would write it: `tokens < 200 and intent is classify`. */
export function conditionText(condition: Condition, operands: readonly Operand[]): string {
  switch (condition.kind) {
    case "constant":
      return String(condition.value);
    case "not":
      return `not ${inParentheses(condition.of, operands)}`;
    case "and":
    case "or":
      return condition.of.map((part) => inParentheses(part, operands)).join(` ${condition.kind} `);
    default:
      return comparisonText(condition, operands[condition.operand]);
  }
}

function inParentheses(condition: Condition, operands: readonly Operand[]): string {
  const text = conditionText(condition, operands);
  return condition.kind === "and" || condition.kind === "or" ? `(${text})` : text;
}

type Comparison = Exclude<
  Condition,
  { readonly kind: "constant" } | { readonly kind: "not" } | { readonly kind: "and" | "or" }
>;

function comparisonText(condition: Comparison, operand: Operand | undefined): string {
  if (operand === undefined) return "";
  const { key, type } = operand;
  switch (condition.kind) {
    case "is-unknown":
      return `${key} is unknown`;
    case "is-not-false":
      return `${key} is not false`;
    case "in": {
      const ranges = condition.ranges.map(
        ({ from, to }) => `${valueText(from, type)}..${valueText(to, type)}`,
      );
      const values = condition.values.map((value) => valueText(value, type));
      const [only] = ranges;
      if (values.length === 0 && ranges.length === 1) return `${key} in ${only}`;
      return `${key} in [${[...values, ...ranges].join(", ")}]`;
    }
    case "compare":
      if (type.kind === "boolean") {
        return (condition.op === "=") === (condition.value === true) ? key : `not ${key}`;
      }
      return `${key} ${opText(condition.op, type)} ${valueText(condition.value, type)}`;
  }
}

function opText(op: string, type: FactType): string {
  if (type.kind !== "text") return op;
  return op === "=" ? "is" : "is not";
}

function valueText(value: FactValue, type: FactType): string {
  const text = showFactValue(type, value);
  return type.kind === "text" && !/^[A-Za-z_]\w*(?:[-.]\w+)*$/.test(text)
    ? JSON.stringify(text)
    : text;
}
