import type { Expression, Name } from "../syntax/ast.ts";
import { arithmetic } from "./arithmetic.ts";
import { type Context, nested, throughLet } from "./context.ts";
import { readLiteral } from "./literals.ts";
import { isTargetWord, reportUnknownName, resolveCall, resolveName } from "./names.ts";
import { isPerTarget, isTerm, type Mode, type Side, type Term } from "./typed.ts";

/** Reads an expression as one side of a comparison; null when it was reported. */
export function readSide(context: Context, expression: Expression, mode: Mode): Side | null {
  const { span } = expression;
  switch (expression.kind) {
    case "name":
      return readName(context, expression.name, mode);
    case "call":
      return resolveCall(context, expression, mode);
    case "list":
      return { kind: "list", items: expression.items, span };
    case "range":
      return { kind: "range", from: expression.from, to: expression.to, span };
    case "arithmetic":
      return nested(context, span, () => {
        const left = readTerm(context, expression.left, mode);
        const right = readTerm(context, expression.right, mode);
        return left === null || right === null
          ? null
          : arithmetic(context, expression, left, right);
      });
    case "comparison":
    case "unknown-test":
    case "not":
    case "and":
    case "or":
      return { kind: "condition", of: expression, span };
    default:
      return readLiteral(context.report, expression);
  }
}

/**
 * A name as it stands alone: a let first, then what `resolveName` knows; inside `where` the words of targets come before
 * both (LANGUAGE §5). A quoted one is text.
 */
function readName(context: Context, name: Name, mode: Mode): Side | null {
  if (name.quoted) return textTerm(name);
  const isLet = context.scope.lets.has(name.text);
  return isLet && !(isPerTarget(mode) && isTargetWord(name.text))
    ? readLet(context, name, mode)
    : resolveName(context, name, mode);
}

/** A bare or quoted word as a text value. */
export function textTerm(name: Name): Term {
  return {
    kind: "constant",
    type: { kind: "text" },
    value: name.text,
    span: name.span,
    size: 1,
    written: name.quoted ? "literal" : "word",
  };
}

/** What a let stands for, as if its body were written here: findings about its use point here. */
export function readLet(context: Context, name: Name, mode: Mode): Side | null {
  const declaration = context.scope.lets.get(name.text);
  if (declaration === undefined) return null;
  const side = throughLet(context, { name: name.text, span: name.span, mode }, context.sides, () =>
    readSide(context, declaration.value, mode),
  );
  if (side === null) return null;
  // A let that is a bare word names a value, which is text.
  if (side.kind === "word") return { ...textTerm(side.name), span: name.span };
  return { ...side, span: name.span };
}

/** An expression that must have a value of its own: no bare word, list or condition. */
export function readTerm(context: Context, expression: Expression, mode: Mode): Term | null {
  const side = readSide(context, expression, mode);
  return side === null ? null : needTerm(context, side, mode);
}

/** The side as a term; reports what has no single value. */
export function needTerm(context: Context, side: Side, mode: Mode): Term | null {
  if (isTerm(side)) return side;
  if (side.kind === "word") {
    reportUnknownName(context, side.name, mode);
    return null;
  }
  context.report.add("P0305", side.span, `${sideName(side)} is not a single value`, {
    label: "a number, text, date or fact is needed here",
  });
  return null;
}

const sideNames = {
  list: "a list",
  range: "a range",
  "time-span": "a span of time",
  regex: "a pattern",
  condition: "a condition",
} as const;

/** What a side without a single value is, in words. */
export function sideName(side: Exclude<Side, Term>): string {
  if (side.kind === "word") return `\`${side.name.text}\``;
  return side.kind === "pool" ? `pool \`${side.name}\`` : sideNames[side.kind];
}
