import { assertNever } from "../../base/assert.ts";
import type { Target } from "../../catalog/target.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { TargetCondition, TargetExpression } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import {
  evaluateExpression,
  evaluateTargetCondition,
  type TargetQuestion,
} from "../interpreter/target-condition.ts";
import { amongSql, compareSql, isUnknownSql } from "./condition-sql.ts";
import type { Dialect } from "./dialect.ts";
import { joinSql, notSql, settled } from "./logic.ts";
import { constantSql, staticTargetFact } from "./operand-sql.ts";

/** One target, of which a condition is asked. */
export interface Asked {
  readonly target: Target;
  readonly vocabulary: Vocabulary;
  readonly dialect: Dialect;
  readonly read: (operand: number) => string;
  /** Whether a plan's own ceiling on completion tokens may stand in for the client's. */
  readonly hasCeiling: boolean;
}

type Leaf = Exclude<TargetCondition, { readonly kind: "constant" | "not" | "and" | "or" }>;

/** A condition on one target, NULL where it is unknown; null where it rests on what no log tells of a row: prices, health, queues. */
export function targetConditionSql(condition: TargetCondition, asked: Asked): string | null {
  switch (condition.kind) {
    case "constant":
      return condition.value ? settled.true : settled.false;
    case "not": {
      const inner = targetConditionSql(condition.of, asked);
      return inner === null ? null : notSql(inner);
    }
    case "and":
    case "or": {
      const parts = condition.of.map((part) => targetConditionSql(part, asked));
      const told = joinSql(
        condition.kind,
        parts.filter((part) => part !== null),
      );
      const settling = condition.kind === "and" ? settled.false : settled.true;
      return parts.includes(null) && told !== settling ? null : told;
    }
    default:
      return leafSql(condition, asked);
  }
}

function leafSql(leaf: Leaf, asked: Asked): string | null {
  const sides = leaf.kind === "compare" ? [leaf.left, leaf.right] : [leaf.of];
  if (sides.some((side) => !isTold(side, asked))) return null;
  if (sides.every((side) => isStatic(side))) {
    return settled[evaluateTargetCondition(leaf, nothing, answerer(asked))];
  }
  const [left = "", right = ""] = sides.map((side) => expressionSql(side, asked));
  switch (leaf.kind) {
    case "compare": {
      const isUnknown = left === settled.unknown || right === settled.unknown;
      return isUnknown
        ? settled.unknown
        : `(${left} ${leaf.op === "!=" ? "<>" : leaf.op} ${right})`;
    }
    case "in":
      return amongSql(left, leaf, asked.dialect);
    case "is-unknown":
      return isUnknownSql(left);
    case "holds":
      return compareSql(left, "=", true, asked.dialect);
    default:
      return assertNever(leaf);
  }
}

const nothing = (): undefined => undefined;

/** What the configuration says of the target. */
function answerer({
  target,
  vocabulary,
}: Asked): (question: TargetQuestion) => FactValue | undefined {
  return (question) => {
    if (question.kind === "target-name") return target.name;
    const fact = factOf(question);
    return fact === null ? undefined : staticTargetFact(vocabulary, target.name, fact)?.value;
  };
}

function factOf(question: TargetExpression): string | null {
  if (question.kind === "target-fact") return question.name;
  return question.kind === "supports" ? `supports(${question.ability})` : null;
}

/** Whether every part of an expression is in the row or the configuration. */
function isTold(expression: TargetExpression, asked: Asked): boolean {
  switch (expression.kind) {
    case "response-fact":
      return false;
    case "max-tokens":
      return !asked.hasCeiling;
    case "arithmetic":
      return isTold(expression.left, asked) && isTold(expression.right, asked);
    case "target-fact":
    case "supports":
      return (
        staticTargetFact(asked.vocabulary, asked.target.name, factOf(expression) ?? "") !== null
      );
    default:
      return true;
  }
}

function isStatic(expression: TargetExpression): boolean {
  if (expression.kind === "arithmetic") {
    return isStatic(expression.left) && isStatic(expression.right);
  }
  return expression.kind !== "operand" && expression.kind !== "max-tokens";
}

function expressionSql(expression: TargetExpression, asked: Asked): string {
  if (isStatic(expression)) {
    return constantSql(evaluateExpression(expression, nothing, answerer(asked)), asked.dialect);
  }
  switch (expression.kind) {
    case "operand":
      return asked.read(expression.operand);
    case "max-tokens": {
      const own = asked.target.maxOutputTokens;
      const given = asked.read(expression.operand);
      return own === null ? given : `coalesce(${given}, ${asked.dialect.number(own)})`;
    }
    case "arithmetic": {
      const left = expressionSql(expression.left, asked);
      const right = expressionSql(expression.right, asked);
      const isUnknown = left === settled.unknown || right === settled.unknown;
      return isUnknown ? settled.unknown : `(${left} ${expression.op} ${right})`;
    }
    default:
      return settled.unknown;
  }
}
