import type { IToken } from "chevrotain";
import type {
  ConditionCstNode,
  ConjunctionCstNode,
  ExpressionCstNode,
  ListCstNode,
  RangeCstNode,
  SumCstNode,
  TestCstNode,
  TimeSpanCstNode,
  ValueCstNode,
} from "../../../grammar/generated/cst.ts";
import { only } from "../syntax/build-parts.ts";
import { concat, type Doc, group, indent, line, space } from "./format-doc.ts";
import { between, type Layout, listBetween, spaced, word, wordsOf } from "./format-parts.ts";
import { abilitySpelling, isNumeric } from "./format-spelling.ts";

/** Prints conditions and values; long ones break before `and`, `or` and the operators of a sum. */
export function formatExpression(layout: Layout, { children }: ExpressionCstNode): Doc {
  const parts = children.conjunction.map((each) => formatConjunction(layout, each));
  return chain(layout, parts, children.Or ?? []);
}

function formatConjunction(layout: Layout, { children }: ConjunctionCstNode): Doc {
  const parts = children.condition.map((each) => formatCondition(layout, each));
  return chain(layout, parts, children.And ?? []);
}

/** Operands with operators between, the operators first on their lines. */
function chain(layout: Layout, operands: readonly Doc[], operators: readonly IToken[]): Doc {
  const [first = concat([]), ...further] = operands;
  if (further.length === 0) return first;
  const rest = further.map((operand, at) => {
    const operator = operators[at];
    return operator === undefined
      ? operand
      : concat([line, word(layout, operator), space, operand]);
  });
  return group(concat([first, indent(concat(rest))]));
}

export function formatCondition(layout: Layout, { children }: ConditionCstNode): Doc {
  const { Not, sum, test } = children;
  const left = only(sum);
  const condition =
    test?.[0] === undefined ? formatSum(layout, left) : formatComparison(layout, left, test[0]);
  return Not === undefined ? condition : spaced([wordsOf(layout, Not), condition]);
}

/** A value and what it is held against. */
export function formatComparison(layout: Layout, left: SumCstNode, test: TestCstNode): Doc {
  return spaced([formatSum(layout, left), formatTest(layout, left, test)]);
}

function formatTest(layout: Layout, left: SumCstNode, { children }: TestCstNode): Doc {
  const { Is, Not, Unknown, In, Matches, Pattern, Contains, sum } = children;
  if (Unknown !== undefined) {
    return wordsOf(layout, [...(Is ?? []), ...(Not ?? []), ...Unknown]);
  }
  if (In !== undefined) {
    const operator = wordsOf(layout, [...(Not ?? []), ...In]);
    return spaced([operator, formatSet(layout, children)]);
  }
  if (Matches !== undefined) {
    return wordsOf(layout, [...Matches, ...(Pattern ?? [])]);
  }
  const right = formatSum(layout, only(sum));
  if (Contains !== undefined) return spaced([word(layout, only(Contains)), right]);
  return spaced([formatOperator(layout, left, children), right]);
}

/** `=` and `!=` between numbers, `is` and `is not` between everything else. */
function formatOperator(layout: Layout, left: SumCstNode, children: TestCstNode["children"]): Doc {
  const { Is, Not, Equal, EqualEqual, NotEqual } = children;
  const order =
    children.Less ?? children.LessOrEqual ?? children.Greater ?? children.GreaterOrEqual;
  if (order !== undefined) return word(layout, only(order));
  const sides = [left, only(children.sum)];
  const isOfNumbers = sides.some((side) => isNumeric(side, layout.numericLets));
  const isNegated = Not !== undefined || NotEqual !== undefined;
  const tokens = [...(Is ?? []), ...(Not ?? []), ...(Equal ?? EqualEqual ?? NotEqual ?? [])];
  if (isOfNumbers) return layout.gaps.behindComments(tokens, isNegated ? "!=" : "=");
  if (Is !== undefined) return wordsOf(layout, tokens);
  return word(layout, only(tokens), isNegated ? "is not" : "is");
}

function formatSet(layout: Layout, { timeSpan, range }: TestCstNode["children"]): Doc {
  return timeSpan?.[0] === undefined
    ? formatRange(layout, only(range))
    : formatTimeSpan(layout, timeSpan[0]);
}

function formatTimeSpan(layout: Layout, { children }: TimeSpanCstNode): Doc {
  const { TimeOfDay: times, Range, Zone } = children;
  const to = only(times.slice(1));
  const span = concat([only(times), only(Range), to].map((each) => word(layout, each)));
  return Zone?.[0] === undefined ? span : spaced([span, word(layout, Zone[0])]);
}

function formatRange(layout: Layout, { children }: RangeCstNode): Doc {
  const [from, to] = children.sum.map((each) => formatSum(layout, each));
  if (to === undefined) return only([from]);
  return concat([only([from]), word(layout, only(children.Range)), to]);
}

function formatSum(layout: Layout, { children }: SumCstNode): Doc {
  const { value, Plus, Minus, Times } = children;
  const values = value.map((each) => formatValue(layout, each));
  if (values.length === 1) return only(values);
  const operators = [...(Plus ?? []), ...(Minus ?? []), ...(Times ?? [])];
  return chain(
    layout,
    values,
    operators.toSorted((a, b) => a.startOffset - b.startOffset),
  );
}

function formatValue(layout: Layout, { children }: ValueCstNode): Doc {
  const { Name: names, list, expression, LeftParenthesis, RightParenthesis } = children;
  if (names !== undefined) return formatName(layout, children);
  if (list !== undefined) return formatList(layout, only(list));
  if (expression !== undefined) {
    const [open, close] = [only(LeftParenthesis), only(RightParenthesis)];
    const inner = formatExpression(layout, only(expression));
    return between(word(layout, open), inner, word(layout, close));
  }
  const [literal] = Object.values(children).flat();
  return word(layout, only([literal as IToken | undefined]));
}

/** `tokens`, `header."3x"`, `supports(tools)`. */
function formatName(layout: Layout, children: ValueCstNode["children"]): Doc {
  const { Name: names, Dot, Text, LeftParenthesis, RightParenthesis } = children;
  const name = only(names);
  const argument = names?.[1];
  if (argument !== undefined) {
    const isAbility = /^(?:.+\.)?supports$/.test(name.image);
    const spelling = isAbility ? abilitySpelling(argument.image) : argument.image;
    return concat([
      word(layout, name),
      word(layout, only(LeftParenthesis)),
      word(layout, argument, spelling),
      word(layout, only(RightParenthesis)),
    ]);
  }
  const tail = Dot === undefined ? [] : [only(Dot), only(Text)];
  return concat([name, ...tail].map((each) => word(layout, each)));
}

function formatList(layout: Layout, { children }: ListCstNode): Doc {
  const items = children.range.map((each) => formatRange(layout, each));
  const [open, close] = [only(children.LeftBracket), only(children.RightBracket)];
  return listBetween(word(layout, open), items, word(layout, close));
}
