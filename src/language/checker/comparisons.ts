import type { Span } from "../../diagnostics/diagnostic.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { Expression } from "../syntax/ast.ts";
import { checkOrder, checkTypes, reportTypes } from "./comparable.ts";
import { type Context, isMovable, textOf } from "./context.ts";
import { poolMembership, readMembership } from "./membership.ts";
import { reportUnknownName } from "./names.ts";
import { replacement } from "./report.ts";
import { needTerm, readSide, sideName } from "./sides.ts";
import { readTextTest } from "./text-tests.ts";
import {
  type CompareOp,
  type Comparison,
  isFactTerm,
  isNumeric,
  isPerTarget,
  isTerm,
  type Mode,
  type Side,
  type Term,
  type TypedCondition,
} from "./typed.ts";
import { readValue } from "./values.ts";

/** How a comparison with a condition on one side (`short is true`) reads that condition. */
export type ReadCondition = (expression: Expression) => TypedCondition | null;

const flipped: Readonly<Record<CompareOp, CompareOp>> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  "=": "=",
  "!=": "!=",
};

/** A comparison of any operator with its types checked; null when it was reported. */
export function readComparison(
  context: Context,
  comparison: Comparison,
  mode: Mode,
  readCondition: ReadCondition,
): TypedCondition | null {
  switch (comparison.op) {
    case "matches":
    case "contains":
      return readTextTest(context, comparison, mode);
    case "in":
    case "not in":
      return readMembership(context, comparison, mode);
    default:
      return readCompare(context, { ...comparison, op: comparison.op }, mode, readCondition);
  }
}

type Compare = Comparison & { readonly op: CompareOp };

function readCompare(
  context: Context,
  comparison: Compare,
  mode: Mode,
  readCondition: ReadCondition,
): TypedCondition | null {
  const isEquality = comparison.op === "=" || comparison.op === "!=";
  const left = readSide(context, comparison.left, mode);
  if (left === null) return null;
  if (left.kind === "condition") {
    return conditionIs(context, comparison, comparison.right, () => readCondition(left.of));
  }
  if (isFactTerm(left)) {
    if (!checkOrder(context, comparison, left)) return null;
    const right = isEquality
      ? readValue(context, left, comparison.right, mode)
      : readSide(context, comparison.right, mode);
    return right === null ? null : finish(context, comparison, { left, right, mode });
  }
  const right = readSide(context, comparison.right, mode);
  if (right === null) return null;
  if (right.kind === "condition") {
    return conditionIs(context, comparison, comparison.left, () => readCondition(right.of));
  }
  if (isFactTerm(right)) {
    if (!checkOrder(context, comparison, right)) return null;
    const value = isEquality ? readValue(context, right, comparison.left, mode) : left;
    if (value === null) return null;
    const turned: Compare = { ...comparison, op: flipped[comparison.op] };
    return finish(context, turned, { left: right, right: value, mode });
  }
  return withoutFact(context, comparison, { left, right, mode });
}

interface Sides {
  readonly left: Side;
  readonly right: Side;
  readonly mode: Mode;
}

/** Neither side is a fact: two constants are decided now, a bare word is a misspelt fact. */
function withoutFact(
  context: Context,
  comparison: Compare,
  { left, right, mode }: Sides,
): TypedCondition | null {
  const { op, span } = comparison;
  if (left.kind === "word") {
    reportUnknownName(context, left.name, mode);
    return null;
  }
  const [a, b] = [needTerm(context, left, mode), needTerm(context, right, mode)];
  if (a === null || b === null || a.kind !== "constant" || b.kind !== "constant") return null;
  if (!checkOrder(context, comparison, a) || !checkTypes(context, a, b)) return null;
  const value = compareValues(op, a.value, b.value);
  context.report.add("P0404", span, `this is always ${value}: it compares two constants`, {
    label: `always ${value}`,
    help: "put a fact on one side",
  });
  return { kind: "constant", value, span, size: 1 };
}

function compareValues(op: CompareOp, a: FactValue, b: FactValue): boolean {
  switch (op) {
    case "=":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
}

/** `left` is a fact; checks what it is compared with. */
function finish(
  context: Context,
  comparison: Compare,
  { left, right, mode }: Sides & { readonly left: Term },
): TypedCondition | null {
  const { op, span } = comparison;
  if (!isTerm(right)) return compareWithSet(context, comparison, { left, right, mode });
  if (right.kind !== "constant" && !isPerTarget(mode)) {
    reportTwoFacts(context, comparison, left, right);
    return null;
  }
  if (!checkTypes(context, left, right)) return null;
  if (isNotFalse(comparison, left, right)) return { kind: "is-not-false", of: left, span, size: 1 };
  const size = left.size + right.size;
  return { kind: "compare", op, left, right, span, size };
}

/** `pii is not false`, with the literal written out: true for unknown as well (LANGUAGE §5). */
function isNotFalse({ op, left, right }: Compare, fact: Term, value: Term): boolean {
  if (op !== "!=" || value.kind !== "constant" || value.value !== false) return false;
  const writtenOut = left.kind === "boolean" || right.kind === "boolean";
  return writtenOut && fact.type.kind === "boolean";
}

const zeros: Readonly<Record<string, string>> = { money: "$0", price: "$0/M", duration: "0s" };

function reportTwoFacts(context: Context, comparison: Compare, left: Term, right: Term): void {
  const [a, b] = [textOf(context, left.span), textOf(context, right.span)];
  const calculable = isNumeric(left.type) && left.type.kind === right.type.kind;
  const zero = zeros[left.type.kind] ?? "0";
  const subtracted = right.kind === "arithmetic" ? `(${b})` : b;
  const difference = `${a} - ${subtracted} ${comparison.op} ${zero}`;
  const whole = isMovable(context, comparison.span);
  const subtractable =
    whole && calculable && left.type.kind !== "time" && left.type.kind !== "date";
  context.report.add("P0303", comparison.span, `\`${a}\` and \`${b}\` are both facts`, {
    label: "a comparison in a rule has a constant on one side",
    help: subtractable
      ? `compare their difference: \`${difference}\``
      : "test each against the values it can have",
    fix: subtractable ? replacement(`compare the difference`, comparison.span, difference) : null,
  });
}

/** `is` against several values: `in` was meant. */
function compareWithSet(
  context: Context,
  comparison: Compare,
  {
    left,
    right,
    mode,
  }: { readonly left: Term; readonly right: Exclude<Side, Term>; readonly mode: Mode },
): TypedCondition | null {
  if (right.kind === "word") {
    reportWord(context, left, right.name, mode);
    return null;
  }
  if (right.kind === "pool") {
    return poolMembership(context, { ...comparison, negated: comparison.op === "!=" }, left, right);
  }
  if (comparison.op !== "=" && comparison.op !== "!=") {
    const operator = textOf(context, comparison.opSpan);
    context.report.add(
      "P0306",
      comparison.opSpan,
      `\`${operator}\` does not take ${sideName(right)}`,
      {
        label: "one value is needed on each side",
      },
    );
    return null;
  }
  const meant = comparison.op === "=" ? "in" : "not in";
  context.report.add(
    "P0306",
    comparison.opSpan,
    `\`${textOf(context, comparison.opSpan)}\` compares with one value, and this is ${sideName(right)}`,
    {
      label: `use \`${meant}\``,
      related: [{ span: right.span, text: sideName(right) }],
      help: `\`${meant}\` asks whether a value is one of several`,
      fix: replacement(`use \`${meant}\``, comparison.opSpan, meant),
    },
  );
  return null;
}

/** A bare word against a fact that is no text: a misspelt name, or a value of another type. */
function reportWord(
  context: Context,
  fact: Term,
  name: { readonly text: string; readonly quoted: boolean; readonly span: Span },
  mode: Mode,
): void {
  if (fact.type.kind === "boolean" && /^(yes|no|on|off)$/i.test(name.text)) {
    reportTypes(context, fact, {
      kind: "constant",
      type: { kind: "text" },
      value: name.text,
      span: name.span,
      size: 1,
      written: "word",
    });
    return;
  }
  reportUnknownName(context, name, mode);
}

/** `short is true`, `short is not true`: the condition itself, or its negation. */
function conditionIs(
  context: Context,
  comparison: Compare,
  other: Expression,
  read: () => TypedCondition | null,
): TypedCondition | null {
  const { op, span } = comparison;
  const condition = read();
  if (other.kind !== "boolean" || (op !== "=" && op !== "!=")) {
    context.report.add(
      "P0305",
      other.span,
      "a condition can only be compared with `true` or `false`",
      {
        help: "write the condition alone, or `not (…)`",
      },
    );
    return null;
  }
  if (op === "!=" && !other.value) {
    context.report.add("P0315", span, "`is not false` asks for one fact, and this is a condition", {
      label: "which of its facts may be unknown?",
      help: "test the fact itself: `pii is not false`",
    });
    return null;
  }
  if (condition === null) return null;
  const asIs = (op === "=") === other.value;
  return asIs ? condition : { kind: "not", of: condition, span, size: condition.size + 1 };
}
