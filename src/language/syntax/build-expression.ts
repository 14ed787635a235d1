import type { IToken } from "chevrotain";
import type {
  CallCstNode,
  ConditionCstNode,
  ConjunctionCstNode,
  ExpressionCstNode,
  ListCstNode,
  MembershipCstNode,
  RangeCstNode,
  SumCstNode,
  TestCstNode,
  TimeSpanCstNode,
  ValueCstNode,
} from "../../../grammar/generated/cst.ts";
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Expression } from "./ast.ts";
import {
  booleanLiteral,
  cover,
  endOf,
  factName,
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

function buildCondition(file: string, node: ConditionCstNode): Expression {
  const { Not: nots, sum, test } = node.children;
  const left = buildSum(file, only(sum));
  let result = test?.[0] === undefined ? left : buildTest(file, left, test[0]);
  for (const not of nots?.toReversed() ?? []) {
    result = { kind: "not", of: result, span: { ...result.span, start: not.startOffset } };
  }
  return result;
}

const equals: Readonly<Record<string, Comparison["op"]>> = { "==": "=", "=": "=" };

function buildTest(file: string, left: Expression, node: TestCstNode): Expression {
  const { comparison, equality, membership, Matches, Pattern, Contains, sum } = node.children;
  if (comparison?.[0] !== undefined) {
    const { sum: right, ...operators } = comparison[0].children;
    const token = only(Object.values(operators)[0]);
    const op = equals[token.image] ?? (token.image as Comparison["op"]);
    return compare({
      op,
      opSpan: spanOfToken(file, token),
      left,
      right: buildSum(file, only(right)),
    });
  }
  if (equality?.[0] !== undefined) {
    const { Is, Not, Unknown, sum: right } = equality[0].children;
    const opSpan = spanFrom(file, only(Is), Not?.[0]);
    if (Unknown?.[0] !== undefined) {
      const span: Span = { ...left.span, end: endOf(Unknown[0]) };
      return { kind: "unknown-test", negated: Not !== undefined, of: left, span };
    }
    const op = Not === undefined ? "=" : "!=";
    return compare({ op, opSpan, left, right: buildSum(file, only(right)) });
  }
  if (membership?.[0] !== undefined) return buildMembership(file, left, membership[0]);
  if (Matches?.[0] !== undefined) {
    const right = patternLiteral(file, only(Pattern));
    return compare({ op: "matches", opSpan: spanOfToken(file, Matches[0]), left, right });
  }
  const right = buildSum(file, only(sum));
  return compare({ op: "contains", opSpan: spanOfToken(file, only(Contains)), left, right });
}

function buildMembership(file: string, left: Expression, node: MembershipCstNode): Expression {
  const { Not, In, timeSpan, range } = node.children;
  const opSpan =
    Not?.[0] === undefined ? spanOfToken(file, only(In)) : spanFrom(file, Not[0], only(In));
  const right =
    timeSpan?.[0] === undefined ? buildRange(file, only(range)) : buildTimeSpan(file, timeSpan[0]);
  return compare({ op: Not === undefined ? "in" : "not in", opSpan, left, right });
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
  const [first, second] = node.children.sum;
  const from = buildSum(file, only([first]));
  if (second === undefined) return from;
  const to = buildSum(file, second);
  return { kind: "range", from, to, span: cover(from, to) };
}

/** Sums and products, `*` before `+` and `-`, from left to right. */
function buildSum(file: string, node: SumCstNode | undefined): Expression {
  const { value, Plus, Minus, Times } = only([node]).children;
  if (value.length === 1) return buildValue(file, only(value));
  const operators = [...(Plus ?? []), ...(Minus ?? []), ...(Times ?? [])].toSorted(
    (a, b) => a.startOffset - b.startOffset,
  );
  const terms: Expression[] = [];
  const signs: ("+" | "-")[] = [];
  for (const [index, each] of value.entries()) {
    const right = buildValue(file, each);
    const op = operators[index - 1]?.image;
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

function buildValue(file: string, node: ValueCstNode): Expression {
  const { fact, quantity, list, expression, call, Text, Day, True, False } = node.children;
  if (fact?.[0] !== undefined) {
    const name = factName(file, fact[0].children);
    return { kind: "name", name, span: name.span };
  }
  if (quantity?.[0] !== undefined) return quantityLiteral(file, quantity[0].children);
  if (Text?.[0] !== undefined) return textLiteral(file, Text[0]);
  const truth = True?.[0] ?? False?.[0];
  if (truth !== undefined) return booleanLiteral(file, truth);
  if (Day?.[0] !== undefined) {
    return { kind: "date", raw: Day[0].image, span: spanOfToken(file, Day[0]) };
  }
  if (list?.[0] !== undefined) return buildList(file, list[0]);
  if (call?.[0] !== undefined) return buildCall(file, call[0]);
  const inner = buildExpression(file, only(expression));
  return inner.kind === "and" || inner.kind === "or" ? { ...inner, parenthesised: true } : inner;
}

function buildList(file: string, node: ListCstNode): Expression {
  const { LeftBracket, RightBracket, range } = node.children;
  return {
    kind: "list",
    items: range.map((each) => buildRange(file, each)),
    span: spanFrom(file, only(LeftBracket), only(RightBracket)),
  };
}

function buildCall(file: string, node: CallCstNode): Expression {
  const { Name: names, RightParenthesis } = node.children;
  const callee = only(names);
  return {
    kind: "call",
    callee: wordName(file, callee),
    argument: wordName(file, names[1] ?? callee),
    span: spanFrom(file, callee, only(RightParenthesis)),
  };
}
