import { assertNever } from "../../base/assert.ts";
import type { FactType, FactValue, Operand } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import type { TargetCondition, TargetExpression } from "../checker/checked-policy.ts";
import { asWritten } from "../checker/written.ts";

/** A group of another word stands in parentheses, so that nobody has to know which binds tighter. */
export function within(word: string, { kind }: { readonly kind: string }, words: string): string {
  return (kind === "and" || kind === "or") && kind !== word ? `(${words})` : words;
}

/** The condition of a `where` or an `accept`: `context >= tokens and supports(tools)`. */
export function targetConditionWords(
  condition: TargetCondition,
  operands: readonly Operand[],
): string {
  const expression = (of: TargetExpression): string => expressionWords(of, operands);
  switch (condition.kind) {
    case "constant":
      return String(condition.value);
    case "not":
      return `not ${within("not", condition.of, targetConditionWords(condition.of, operands))}`;
    case "and":
    case "or":
      return condition.of
        .map((part) => within(condition.kind, part, targetConditionWords(part, operands)))
        .join(` ${condition.kind} `);
    case "compare": {
      const isText = isTextual(condition.left, operands) || isTextual(condition.right, operands);
      const word = isText ? { "=": "is", "!=": "is not" }[condition.op as "=" | "!="] : undefined;
      return `${expression(condition.left)} ${word ?? condition.op} ${expression(condition.right)}`;
    }
    case "in":
      return amongWords(condition, operands);
    case "is-unknown":
      return `${expression(condition.of)} is unknown`;
    case "holds":
      return expression(condition.of);
    default:
      return assertNever(condition);
  }
}

function amongWords(
  { of, values, ranges }: Extract<TargetCondition, { readonly kind: "in" }>,
  operands: readonly Operand[],
): string {
  const type = typeOf(of, operands);
  const show = (value: FactValue): string => valueWords(type, value);
  const list = [...values.map(show), ...ranges.map(({ from, to }) => `${show(from)}..${show(to)}`)];
  return `${expressionWords(of, operands)} in [${list.join(", ")}]`;
}

/** An expression of a `where`: `tokens + max_tokens`, `supports(tools)`. */
export function expressionWords(
  expression: TargetExpression,
  operands: readonly Operand[],
): string {
  switch (expression.kind) {
    case "literal":
      return valueWords(expression.type, expression.value);
    case "target-fact":
      return expression.name;
    case "response-fact":
      return `response.${expression.name}`;
    case "supports":
      return `supports(${expression.ability})`;
    case "target-name":
      return "target";
    case "max-tokens":
    case "operand":
      return operands[expression.operand]?.key ?? "";
    case "arithmetic": {
      const side = (part: TargetExpression): string => {
        const words = expressionWords(part, operands);
        return part.kind === "arithmetic" ? `(${words})` : words;
      };
      return `${side(expression.left)} ${expression.op} ${side(expression.right)}`;
    }
    default:
      return assertNever(expression);
  }
}

function valueWords(type: FactType, value: FactValue): string {
  return type.kind === "text" ? asWritten(String(value)) : showFactValue(type, value);
}

function isTextual(expression: TargetExpression, operands: readonly Operand[]): boolean {
  return typeOf(expression, operands).kind === "text";
}

/** The type of an expression's value. */
export function typeOf(expression: TargetExpression, operands: readonly Operand[]): FactType {
  switch (expression.kind) {
    case "target-name":
      return { kind: "text" };
    case "supports":
      return { kind: "boolean" };
    case "arithmetic":
      return typeOf(expression.left, operands);
    case "operand":
      return operands[expression.operand]?.type ?? expression.type;
    default:
      return expression.type;
  }
}
