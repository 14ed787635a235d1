import { BugError } from "../../base/assert.ts";
import type { Condition, TargetCondition, TargetExpression } from "./checked-policy.ts";
import type { Operands } from "./operands.ts";
import type { Term, TypedCondition } from "./typed.ts";

/** Binds a rule's condition to operands. A let's condition is bound once and shared. */
export function bindCondition(
  typed: TypedCondition,
  operands: Operands,
  bound: Map<TypedCondition, Condition>,
): Condition {
  const known = bound.get(typed);
  if (known !== undefined) return known;
  const condition = bind(typed, operands, bound);
  bound.set(typed, condition);
  return condition;
}

function bind(
  typed: TypedCondition,
  operands: Operands,
  bound: Map<TypedCondition, Condition>,
): Condition {
  const { span } = typed;
  switch (typed.kind) {
    case "constant":
      return { kind: "constant", value: typed.value };
    case "not":
      return { kind: "not", of: bindCondition(typed.of, operands, bound), span };
    case "and":
    case "or": {
      const of = typed.of.map((part) => bindCondition(part, operands, bound));
      return { kind: typed.kind, of, span };
    }
    case "compare": {
      if (typed.right.kind !== "constant") throw new BugError("a rule compares with a constant");
      const operand = operands.intern(typed.left);
      return { kind: "compare", operand, op: typed.op, value: typed.right.value, span };
    }
    case "in": {
      const { values, ranges } = typed;
      return { kind: "in", operand: operands.intern(typed.of), values, ranges, span };
    }
    case "holds":
      return { kind: "compare", operand: operands.intern(typed.of), op: "=", value: true, span };
    case "is-unknown":
    case "is-not-false":
      return { kind: typed.kind, operand: operands.intern(typed.of), span };
  }
}

/** Binds a `where` to facts of the candidate and operands of the request. */
export function bindTargetCondition(typed: TypedCondition, operands: Operands): TargetCondition {
  switch (typed.kind) {
    case "constant":
      return { kind: "constant", value: typed.value };
    case "not":
      return { kind: "not", of: bindTargetCondition(typed.of, operands) };
    case "and":
    case "or": {
      const of = typed.of.map((part) => bindTargetCondition(part, operands));
      return { kind: typed.kind, of };
    }
    case "compare": {
      const left = bindTerm(typed.left, operands);
      return { kind: "compare", op: typed.op, left, right: bindTerm(typed.right, operands) };
    }
    case "in": {
      const { values, ranges } = typed;
      return { kind: "in", of: bindTerm(typed.of, operands), values, ranges };
    }
    case "holds":
      return { kind: "holds", of: bindTerm(typed.of, operands) };
    case "is-unknown":
      return { kind: "is-unknown", of: bindAsSaid(typed.of, operands) };
    case "is-not-false": {
      // Unknown counts as true: `x` itself, or x unknown.
      const of = bindTerm(typed.of, operands);
      return {
        kind: "or",
        of: [
          { kind: "is-unknown", of },
          { kind: "holds", of },
        ],
      };
    }
  }
}

function bindTerm(term: Term, operands: Operands): TargetExpression {
  switch (term.kind) {
    case "constant":
      return { kind: "literal", value: term.value, type: term.type };
    case "target-fact":
      return { kind: "target-fact", name: term.fact.name, type: term.type };
    case "supports":
      return { kind: "supports", ability: term.ability };
    case "target-name":
      return { kind: "target-name" };
    case "response-fact":
      return { kind: "response-fact", name: term.name, type: term.type };
    case "plan-fact":
      throw new BugError("a plan is no operand of a target's condition");
    case "arithmetic": {
      const left = bindTerm(term.left, operands);
      return { kind: "arithmetic", op: term.op, left, right: bindTerm(term.right, operands) };
    }
    case "fact":
      // A fact of that name from the configuration is another one.
      if (term.fact.name === "max_tokens" && term.fact.from.length === 0) {
        return { kind: "max-tokens", operand: operands.intern(term), type: term.type };
      }
      return { kind: "operand", operand: operands.intern(term), type: term.type };
    case "target-of":
    case "text-test":
    case "local":
      return { kind: "operand", operand: operands.intern(term), type: term.type };
  }
}

/** Whether a fact is unknown is asked of what the request said, not of what stands in for it. */
function bindAsSaid(term: Term, operands: Operands): TargetExpression {
  return term.kind === "fact"
    ? { kind: "operand", operand: operands.intern(term), type: term.type }
    : bindTerm(term, operands);
}
