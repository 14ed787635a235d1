import { isOfPlan } from "../checker/tests.ts";
import type { Mode } from "../checker/typed.ts";
import type {
  AstAction,
  AstExpectation,
  AstGiven,
  AstOption,
  AstRequirement,
  AstRoute,
  Expression,
  Literal,
  Name,
  Statement,
} from "../syntax/ast.ts";

/** What a name can mean where it stands. */
export type NamePlace =
  | { readonly kind: "definition"; readonly of: "let" | "pool" | "intent" | "rule" | "test" }
  | { readonly kind: "operand"; readonly mode: Mode }
  /** Held against what stands on the left. */
  | { readonly kind: "value"; readonly of: Expression; readonly mode: Mode }
  /** A target or pool; `pool`, where a pool too can be meant. */
  | { readonly kind: "target" }
  | { readonly kind: "fact" }
  /** The value of a fact in a test. */
  | { readonly kind: "given"; readonly fact: Name }
  | { readonly kind: "strategy" | "cause" | "option" | "ability" | "path" | "plan-word" }
  | { readonly kind: "argument"; readonly option: AstOption; readonly index: number }
  | { readonly kind: "rule" };

/** Told of every name and of every text that may be one. */
export type NameVisitor = (name: Name, place: NamePlace) => void;

/** Visits the names of a statement in the order of the tree. */
export function walkNames(statement: Statement, visit: NameVisitor): void {
  switch (statement.kind) {
    case "policy":
      return;
    case "use":
      text(statement.path, { kind: "path" }, visit);
      return;
    case "let":
      visit(statement.name, { kind: "definition", of: "let" });
      expression(statement.value, "rule", visit);
      return;
    case "pool":
      visit(statement.name, { kind: "definition", of: "pool" });
      for (const member of statement.members) visit(member, { kind: "target" });
      return;
    case "intent":
      visit(statement.name, { kind: "definition", of: "intent" });
      return;
    case "rule":
      if (statement.name !== null) visit(statement.name, { kind: "definition", of: "rule" });
      for (const { condition, action: of } of statement.arms) {
        optional(condition, "rule", visit);
        action(of, visit);
      }
      return;
    case "otherwise":
      action(statement.action, visit);
      return;
    case "also":
      expression(statement.condition, "rule", visit);
      options(statement.options, visit);
      return;
    case "never":
      target(statement.of, visit);
      optional(statement.when, "rule", visit);
      return;
    case "ensure":
      requirement(statement.requirement, visit);
      optional(statement.when, "rule", visit);
      return;
    case "test":
      visit(statement.name, { kind: "definition", of: "test" });
      for (const row of statement.rows) {
        for (const each of row.given) given(each, visit);
        for (const each of row.expect) expectation(each, visit);
      }
  }
}

function text(literal: Literal, place: NamePlace, visit: NameVisitor): void {
  if (literal.kind === "string") visit({ ...literal, quoted: true }, place);
}

function optional(of: Expression | null, mode: Mode, visit: NameVisitor): void {
  if (of !== null) expression(of, mode, visit);
}

function expression(of: Expression, mode: Mode, visit: NameVisitor): void {
  switch (of.kind) {
    case "name":
      visit(of.name, { kind: "operand", mode });
      return;
    case "call":
      visit(of.callee, { kind: "operand", mode });
      visit(of.argument, { kind: "ability" });
      return;
    case "list":
      for (const item of of.items) expression(item, mode, visit);
      return;
    case "range":
      expression(of.from, mode, visit);
      expression(of.to, mode, visit);
      return;
    case "arithmetic":
      expression(of.left, mode, visit);
      expression(of.right, mode, visit);
      return;
    case "comparison":
      expression(of.left, mode, visit);
      value(of.right, of.left, mode, visit);
      return;
    case "unknown-test":
    case "not":
      expression(of.of, mode, visit);
      return;
    case "and":
    case "or":
      for (const each of of.of) expression(each, mode, visit);
      return;
    default:
      return;
  }
}

function value(right: Expression, left: Expression, mode: Mode, visit: NameVisitor): void {
  const place: NamePlace = { kind: "value", of: left, mode };
  if (right.kind === "name") visit(right.name, place);
  else if (right.kind === "string") text(right, place, visit);
  else if (right.kind === "list") for (const item of right.items) value(item, left, mode, visit);
  else expression(right, mode, visit);
}

/** `never claude` is short for `never target is claude`. */
function target(of: Expression, visit: NameVisitor): void {
  if (of.kind === "string") text(of, { kind: "target" }, visit);
  else expression(of, "never", visit);
}

function requirement(of: AstRequirement, visit: NameVisitor): void {
  if (of.kind === "compare") {
    expression(of.of, "plan", visit);
    return;
  }
  for (const word of of.words) visit(word, { kind: "plan-word" });
  visit(of.what, { kind: of.what.text === "fallback" ? "plan-word" : "option" });
}

function action(of: AstAction, visit: NameVisitor): void {
  if (of.kind === "reject") return;
  for (const step of of.steps) {
    route(step.route, visit);
    for (const cause of step.on ?? []) visit(cause, { kind: "cause" });
  }
  options(of.options, visit);
}

function route(of: AstRoute, visit: NameVisitor): void {
  switch (of.kind) {
    case "name":
      visit(of.name, { kind: "target" });
      return;
    case "select":
      visit(of.strategy, { kind: "strategy" });
      for (const each of of.from) visit(each, { kind: "target" });
      optional(of.where, "where", visit);
      return;
    case "split":
      if (of.by?.kind === "name") visit(of.by.name, { kind: "fact" });
      for (const share of of.shares) visit(share.target, { kind: "target" });
  }
}

function options(of: readonly AstOption[], visit: NameVisitor): void {
  for (const each of of) option(each, visit);
}

function option(of: AstOption, visit: NameVisitor): void {
  visit(of.name, { kind: "option" });
  let afterBy = false;
  for (const [index, each] of of.arguments.entries()) {
    if (!("kind" in each)) {
      visit(each, afterBy ? { kind: "fact" } : { kind: "argument", option: of, index });
      afterBy = each.text === "by";
    } else text(each, { kind: "argument", option: of, index }, visit);
  }
  optional(of.when, "accept", visit);
}

function given({ fact, value: of }: AstGiven, visit: NameVisitor): void {
  visit(fact, { kind: "fact" });
  if (of.kind === "name") visit(of.name, { kind: "given", fact });
  else if (of.kind === "string") text(of, { kind: "given", fact }, visit);
}

function expectation(of: AstExpectation, visit: NameVisitor): void {
  switch (of.kind) {
    case "chain":
      for (const each of of.targets) visit(each, { kind: "target" });
      return;
    case "reject":
      return;
    case "rule":
      visit(of.name, { kind: "rule" });
      return;
    case "condition":
      expression(of.of, isOfPlan(of.of) ? "plan" : "never", visit);
      return;
    case "never":
      target(of.of, visit);
      return;
    case "option":
      option(of.option, visit);
      return;
  }
}
