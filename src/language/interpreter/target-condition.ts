import { assertNever, invariant } from "../../base/assert.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { TargetCondition, TargetExpression } from "../checker/checked-policy.ts";
import {
  compareValues,
  isAmong,
  joinVerdicts,
  known,
  type ReadOperand,
  type Verdict,
} from "./interpret.ts";

/** What an expression asks of the candidate target: one of its facts, an ability, its name, or its output ceiling. */
export type TargetQuestion = Extract<
  TargetExpression,
  { readonly kind: "target-fact" | "supports" | "target-name" | "max-tokens" | "response-fact" }
>;

/** Answers a question about the candidate target; undefined when it is not known. */
export type ReadTarget = (question: TargetQuestion) => FactValue | undefined;

/** The three-valued verdict of a `where` for one candidate; a candidate stays only when it is "true". */
export function evaluateTargetCondition(
  condition: TargetCondition,
  readOperand: ReadOperand,
  readTarget: ReadTarget,
): Verdict {
  const evaluate = (part: TargetCondition): Verdict =>
    evaluateTargetCondition(part, readOperand, readTarget);
  const read = (expression: TargetExpression): FactValue | undefined =>
    evaluateExpression(expression, readOperand, readTarget);
  switch (condition.kind) {
    case "constant":
      return condition.value ? "true" : "false";
    case "not": {
      const inner = evaluate(condition.of);
      if (inner === "unknown") return inner;
      return inner === "true" ? "false" : "true";
    }
    case "and":
      return joinVerdicts("and", condition.of, evaluate);
    case "or":
      return joinVerdicts("or", condition.of, evaluate);
    case "compare":
      return compareValues(read(condition.left), condition.op, read(condition.right));
    case "in":
      return isAmong(read(condition.of), condition);
    case "is-unknown":
      return read(condition.of) === undefined ? "true" : "false";
    case "holds":
      return compareValues(read(condition.of), "=", true);
    default:
      return assertNever(condition);
  }
}

/** The value of an expression for one candidate; undefined when any part of it is not known. */
export function evaluateExpression(
  expression: TargetExpression,
  readOperand: ReadOperand,
  readTarget: ReadTarget,
): FactValue | undefined {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "operand":
      return known(readOperand(expression.operand));
    case "max-tokens":
      return known(readOperand(expression.operand)) ?? known(readTarget(expression));
    case "target-fact":
    case "response-fact":
    case "supports":
    case "target-name":
      return known(readTarget(expression));
    case "arithmetic": {
      const left = evaluateExpression(expression.left, readOperand, readTarget);
      const right = evaluateExpression(expression.right, readOperand, readTarget);
      if (left === undefined || right === undefined) return undefined;
      invariant(
        typeof left === "number" && typeof right === "number",
        `${expression.op} between ${typeof left} and ${typeof right}`,
      );
      return known(calculate(left, expression.op, right));
    }
    default:
      return assertNever(expression);
  }
}

function calculate(left: number, op: "+" | "-" | "*", right: number): number {
  switch (op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    default:
      return assertNever(op);
  }
}
