import type { IToken } from "chevrotain";
import type {
  ConditionCstNode,
  ConjunctionCstNode,
  ExpressionCstNode,
  ListCstNode,
  RangeCstNode,
  SumCstNode,
  TestCstChildren,
  TestCstNode,
  TimeSpanCstNode,
  ValueCstChildren,
  ValueCstNode,
} from "../../../grammar/generated/cst.ts";
import { BugError } from "../../base/assert.ts";
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Expression, Name } from "./ast.ts";
import {
  booleanLiteral,
  cover,
  endOf,
  factName,
  numberLiteral,
  only,
  patternLiteral,
  quantityLiteral,
  spanOfToken,
  textLiteral,
  wordName,
} from "./build-parts.ts";

type Comparison = Extract<Expression, { kind: "comparison" }>;

/** Builds the expression that a node of the concrete tree holds; spans leave surrounding parentheses out. */
export function buildExpression(file: string, node: ExpressionCstNode): Expression {
  return joined(
    "or",
    node.children.conjunction.map((each) => buildConjunction(file, each)),
  );
}

function buildConjunction(file: string, node: ConjunctionCstNode): Expression {
  return joined(
    "and",
    node.children.condition.map((each) => buildCondition(file, each)),
  );
}

function joined(kind: "and" | "or", of: readonly Expression[]): Expression {
  const first = only(of);
  const last = of.at(-1);
  if (of.length === 1 || last === undefined) return first;
  return { kind, of, span: cover(first, last), parenthesised: false };
}

/** A condition without `and` and `or`. */
export function buildCondition(file: string, node: ConditionCstNode): Expression {
  const { Not: nots, sum, test } = node.children;
  const left = buildSum(file, only(sum));
  let result = test?.[0] === undefined ? left : buildTest(file, left, test[0]);
  for (const not of nots?.toReversed() ?? []) {
    result = { kind: "not", of: result, span: { ...result.span, start: not.startOffset } };
  }
  return result;
}

/** A value and what it is held against. */
export function buildComparison(file: string, sum: SumCstNode, test: TestCstNode): Expression {
  return buildTest(file, buildSum(file, sum), test);
}

type Operator = Extract<
  keyof TestCstChildren,
  "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" | "Equal" | "EqualEqual" | "NotEqual"
>;

const operators: readonly (readonly [Operator, Comparison["op"]])[] = [
  ["Less", "<"],
  ["LessOrEqual", "<="],
  ["Greater", ">"],
  ["GreaterOrEqual", ">="],
  ["Equal", "="],
  ["EqualEqual", "="],
  ["NotEqual", "!="],
];

function buildTest(file: string, left: Expression, { children }: TestCstNode): Expression {
  if (children.Is !== undefined) return buildEquality(file, left, children);
  const isIn = children.In?.[0];
  if (isIn !== undefined) {
    const not = children.Not?.[0];
    const op = not === undefined ? "in" : "not in";
    const opSpan = spanFrom(file, not ?? isIn, isIn);
    return compare({ op, opSpan, left, right: buildSet(file, children) });
  }
  if (children.Matches !== undefined) {
    const right = patternLiteral(file, only(children.Pattern));
    return compare({
      op: "matches",
      opSpan: spanOfToken(file, only(children.Matches)),
      left,
      right,
    });
  }
  const right = buildSum(file, only(children.sum));
  const contains = children.Contains?.[0];
  if (contains !== undefined) {
    return compare({ op: "contains", opSpan: spanOfToken(file, contains), left, right });
  }
  for (const [type, op] of operators) {
    const token = children[type]?.[0];
    if (token !== undefined) return compare({ op, opSpan: spanOfToken(file, token), left, right });
  }
  throw new BugError("a test without an operator");
}

function buildEquality(file: string, left: Expression, children: TestCstChildren): Expression {
  const { Is, Not, Unknown, sum } = children;
  const unknown = Unknown?.[0];
  if (unknown !== undefined) {
    const span: Span = { ...left.span, end: endOf(unknown) };
    return { kind: "unknown-test", negated: Not !== undefined, of: left, span };
  }
  const op = Not === undefined ? "=" : "!=";
  const opSpan = spanFrom(file, only(Is), Not?.[0]);
  return compare({ op, opSpan, left, right: buildSum(file, only(sum)) });
}

function buildSet(file: string, { timeSpan, range }: TestCstChildren): Expression {
  return timeSpan?.[0] === undefined
    ? buildRange(file, only(range))
    : buildTimeSpan(file, timeSpan[0]);
}

function compare(parts: Omit<Comparison, "kind" | "span">): Expression {
  return { kind: "comparison", ...parts, span: cover(parts.left, parts.right) };
}

function spanFrom(file: string, first: IToken, last: IToken | undefined): Span {
  return { file, start: first.startOffset, end: endOf(last ?? first) };
}

function buildTimeSpan(file: string, node: TimeSpanCstNode): Expression {
  const { TimeOfDay: times, Zone } = node.children;
  const from = only(times);
  const to = times?.[1] ?? from;
  const zone = Zone?.[0];
  return {
    kind: "time-span",
    from: from.image,
    to: to.image,
    zone: zone?.image ?? null,
    span: spanFrom(file, from, zone ?? to),
  };
}

function buildRange(file: string, node: RangeCstNode): Expression {
  const second = node.children.sum[1];
  const from = buildSum(file, only(node.children.sum));
  if (second === undefined) return from;
  const to = buildSum(file, second);
  return { kind: "range", from, to, span: cover(from, to) };
}

/** Sums and products, `*` before `+` and `-`, from left to right. */
function buildSum(file: string, node: SumCstNode): Expression {
  const { value } = node.children;
  if (value.length === 1) return buildValue(file, only(value));
  const { Plus, Minus, Times } = node.children;
  const signTokens = [...(Plus ?? []), ...(Minus ?? []), ...(Times ?? [])].toSorted(
    (a, b) => a.startOffset - b.startOffset,
  );
  const terms: Expression[] = [];
  const signs: ("+" | "-")[] = [];
  for (const [index, each] of value.entries()) {
    const right = buildValue(file, each);
    const op = signTokens[index - 1]?.image;
    const left = terms.at(-1);
    if (op === "*" && left !== undefined) terms.splice(-1, 1, arithmetic("*", left, right));
    else {
      terms.push(right);
      if (op === "+" || op === "-") signs.push(op);
    }
  }
  return terms.reduce((left, right, index) => arithmetic(signs[index - 1] ?? "+", left, right));
}

function arithmetic(op: "+" | "-" | "*", left: Expression, right: Expression): Expression {
  return { kind: "arithmetic", op, left, right, span: cover(left, right) };
}

// The children are a dictionary: each look-up costs, so the likeliest kind comes first and the others are not read.
function buildValue(file: string, { children }: ValueCstNode): Expression {
  const word = children.Name?.[0];
  if (word !== undefined) return buildName(file, children, word);
  const number = children.Decimal?.[0];
  if (number !== undefined) return numberLiteral(file, number);
  if (children.Intent !== undefined) return nameOf(wordName(file, only(children.Intent)));
  if (children.list !== undefined) return buildList(file, only(children.list));
  if (children.Text !== undefined) return textLiteral(file, only(children.Text));
  if (children.expression !== undefined) {
    const inner = buildExpression(file, only(children.expression));
    return inner.kind === "and" || inner.kind === "or" ? { ...inner, parenthesised: true } : inner;
  }
  const truth = children.True?.[0] ?? children.False?.[0];
  if (truth !== undefined) return booleanLiteral(file, truth);
  const day = children.Day?.[0];
  if (day === undefined) return quantityLiteral(file, children);
  return { kind: "date", raw: day.image, span: spanOfToken(file, day) };
}

function nameOf(name: Name): Expression {
  return { kind: "name", name, span: name.span };
}

function buildName(file: string, children: ValueCstChildren, first: IToken): Expression {
  const argument = children.Name?.[1];
  if (argument === undefined) {
    return nameOf(children.Text === undefined ? wordName(file, first) : factName(file, children));
  }
  return {
    kind: "call",
    callee: wordName(file, first),
    argument: wordName(file, argument),
    span: spanFrom(file, first, only(children.RightParenthesis)),
  };
}

function buildList(file: string, node: ListCstNode): Expression {
  const { LeftBracket, RightBracket, range } = node.children;
  return {
    kind: "list",
    items: range.map((each) => buildRange(file, each)),
    span: spanFrom(file, only(LeftBracket), only(RightBracket)),
  };
}
