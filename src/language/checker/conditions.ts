import type { Expression, Name } from "../syntax/ast.ts";
import { readComparison } from "./comparisons.ts";
import { accepts, type Context, isMovable, nested, textOf, throughLet } from "./context.ts";
import { warnFactOrValue } from "./fact-or-value.ts";
import { reportUnknownName } from "./names.ts";
import { reportSharedSubject } from "./shared-subject.ts";
import { readSide, sideName } from "./sides.ts";
import {
  isFactTerm,
  isTerm,
  type Mode,
  type Side,
  type TypedCondition,
  typeName,
} from "./typed.ts";

type Of<Kind extends Expression["kind"]> = Extract<Expression, { readonly kind: Kind }>;

/** Reads an expression as a condition, with everything in it checked; null when anything was reported as an error. */
export function readCondition(
  context: Context,
  expression: Expression,
  mode: Mode,
): TypedCondition | null {
  return nested(context, expression.span, () => {
    const { span } = expression;
    switch (expression.kind) {
      case "boolean":
        return { kind: "constant", value: expression.value, span, size: 1 };
      case "comparison":
        return readComparison(context, expression, mode, (inner) =>
          readCondition(context, inner, mode),
        );
      case "unknown-test":
        return readUnknownTest(context, expression, mode);
      case "not": {
        const of = readCondition(context, expression.of, mode);
        return of === null ? null : { kind: "not", of, span, size: of.size + 1 };
      }
      case "and":
      case "or":
        return readJunction(context, expression, mode);
      case "name":
        return readNamed(context, expression.name, mode);
      default: {
        const side = readSide(context, expression, mode);
        return side === null ? null : conditionOf(context, side, mode);
      }
    }
  });
}

function readJunction(
  context: Context,
  expression: Of<"and" | "or">,
  mode: Mode,
): TypedCondition | null {
  const { kind, span } = expression;
  if (kind === "or" && reportSharedSubject(context, expression.of)) return null;
  if (kind === "or") warnMixed(context, expression);
  warnFactOrValue(context, expression, mode);
  const parts = expression.of.map((part) => readCondition(context, part, mode));
  const of = parts.filter((part) => part !== null);
  if (of.length < parts.length) return null;
  const size = of.reduce((sum, part) => sum + part.size, 1);
  return accepts(context, span, size) ? { kind, of, span, size } : null;
}

/** `a or b and c` reads wrongly too easily: says how it is read, and offers the parentheses. */
function warnMixed(context: Context, { of, span }: Of<"and" | "or">): void {
  const groups = of.filter(
    (part): part is Of<"and" | "or"> => part.kind === "and" && !part.parenthesised,
  );
  const [first] = groups;
  if (first === undefined) return;
  const title = "add the parentheses";
  const edits = groups.flatMap((group) => [
    { span: { ...group.span, end: group.span.start }, text: "(" },
    { span: { ...group.span, start: group.span.end }, text: ")" },
  ]);
  context.report.add("P0403", span, "`and` beside `or` without parentheses", {
    label: "`and` binds tighter than `or`",
    related: groups.map((group) => ({ span: group.span, text: "read as one group" })),
    help: `put parentheses around what belongs together`,
    fix: groups.every((group) => isMovable(context, group.span)) ? { title, edits } : null,
  });
}

/** A name standing as a condition: a let's condition, read once, or a boolean fact. */
function readNamed(context: Context, name: Name, mode: Mode): TypedCondition | null {
  const declaration = name.quoted ? undefined : context.scope.lets.get(name.text);
  const side = readSide(context, { kind: "name", name, span: name.span }, mode);
  if (side === null) return null;
  if (declaration === undefined || side.kind !== "condition")
    return conditionOf(context, side, mode);
  return throughLet(context, { name: name.text, span: name.span, mode }, context.conditions, () =>
    readCondition(context, declaration.value, mode),
  );
}

function conditionOf(context: Context, side: Side, mode: Mode): TypedCondition | null {
  const { span } = side;
  if (side.kind === "condition") return readCondition(context, side.of, mode);
  const named = mode === "never" ? targetNamed(context, side) : null;
  if (named !== null) return named;
  if (side.kind === "word") {
    reportUnknownName(context, side.name, mode);
    return null;
  }
  if (isTerm(side) && side.type.kind === "boolean") {
    if (side.kind === "constant") {
      return { kind: "constant", value: side.value === true, span, size: 1 };
    }
    return { kind: "holds", of: side, span, size: side.size };
  }
  const what = isTerm(side) ? typeName(side.type) : sideName(side);
  const text = textOf(context, span);
  context.report.add("P0304", span, `\`${text}\` is ${what}, not a condition`, {
    label: "true or false is needed here",
    help: `compare it with something, as in \`${text} ${isTerm(side) && side.type.kind === "text" ? "is …" : "> …"}\``,
  });
  return null;
}

/** A bare target or pool in a guard is short for `target is` it; null for anything else. */
function targetNamed(context: Context, side: Side): TypedCondition | null {
  const { span } = side;
  const { targets } = context.scope.vocabulary;
  const type = { kind: "text", values: [...targets.keys()] } as const;
  const of = { kind: "target-name", type, span, size: 1 } as const;
  if (side.kind === "pool") {
    const values = context.scope.pools.get(side.name) ?? [];
    return { kind: "in", of, values, ranges: [], span, size: 1 + values.length };
  }
  const text = nameIn(side);
  if (text === null || !targets.has(text)) return null;
  const right = { kind: "constant", type, value: text, span, size: 1, written: "word" } as const;
  return { kind: "compare", op: "=", left: of, right, span, size: 2 };
}

function nameIn(side: Side): string | null {
  if (side.kind === "word") return side.name.text;
  return side.kind === "constant" && typeof side.value === "string" ? side.value : null;
}

/** `x is unknown`, `x is not unknown`. */
function readUnknownTest(
  context: Context,
  { of: tested, negated, span }: Of<"unknown-test">,
  mode: Mode,
): TypedCondition | null {
  const side = readSide(context, tested, mode);
  if (side === null) return null;
  if (side.kind === "word") {
    reportUnknownName(context, side.name, mode);
    return null;
  }
  if (!isFactTerm(side)) {
    const what = isTerm(side) ? "a constant" : sideName(side);
    context.report.add("P0315", side.span, `only a fact can be unknown, and this is ${what}`, {
      label: what,
      help: "test the fact itself: `pii is unknown`",
    });
    return null;
  }
  if (side.kind === "fact" && !side.fact.mayBeUnknown) {
    context.report.add("P0408", span, `\`${side.fact.name}\` is never unknown to the gateway`, {
      label: negated ? "always true in live traffic" : "never true in live traffic",
      help: "only a log that lacks it leaves it unknown",
    });
  }
  const test: TypedCondition = { kind: "is-unknown", of: side, span, size: side.size };
  return negated ? { kind: "not", of: test, span, size: test.size + 1 } : test;
}
