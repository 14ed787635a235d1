import type { IToken } from "chevrotain";
import type {
  ActionCstNode,
  ArgumentCstNode,
  FallbackCstNode,
  OptionsCstNode,
  PlanCstNode,
  RejectCstNode,
  RouteCstNode,
  SelectionCstNode,
  ShareCstNode,
  SplitCstNode,
} from "../../../grammar/generated/cst.ts";
import type {
  AstAction,
  AstOption,
  AstRoute,
  AstShare,
  AstStep,
  Expression,
  Literal,
  Name,
} from "./ast.ts";
import { buildExpression } from "./build-expression.ts";
import {
  booleanLiteral,
  cover,
  factName,
  numberLiteral,
  only,
  quantityLiteral,
  spanOfToken,
  targetName,
  textLiteral,
  wordName,
} from "./build-parts.ts";

/** Builds what a rule does: a plan or a rejection. */
export function buildAction(file: string, node: ActionCstNode): AstAction {
  const { plan, reject } = node.children;
  return reject?.[0] === undefined ? buildPlan(file, only(plan)) : buildReject(file, reject[0]);
}

function buildReject(file: string, node: RejectCstNode): AstAction {
  const { Reject, Decimal, Text } = node.children;
  const status = Decimal?.[0] === undefined ? null : numberLiteral(file, Decimal[0]);
  const message = Text?.[0] === undefined ? null : textLiteral(file, Text[0]);
  const head = { span: spanOfToken(file, only(Reject)) };
  return { kind: "reject", status, message, span: cover(head, message ?? status ?? head) };
}

function buildPlan(file: string, node: PlanCstNode): AstAction {
  const first = buildRoute(file, only(node.children.route));
  const steps: AstStep[] = [{ route: first, on: null, span: first.span }];
  for (const each of node.children.fallback ?? []) steps.push(buildFallback(file, each));
  const options = buildOptions(file, node.children.options?.[0]);
  const span = cover(first, options.at(-1) ?? steps.at(-1) ?? first);
  return { kind: "plan", steps, options, span };
}

function buildFallback(file: string, node: FallbackCstNode): AstStep {
  const { Fallback, route, Name: causes } = node.children;
  const to = buildRoute(file, only(route));
  const on = causes === undefined ? null : causes.map((cause) => wordName(file, cause));
  const head = { span: spanOfToken(file, only(Fallback)) };
  return { route: to, on, span: cover(head, on?.at(-1) ?? to) };
}

/** What stands behind `with`, in order. */
export function buildOptions(file: string, node: OptionsCstNode | undefined): AstOption[] {
  return (node?.children.planOption ?? []).map((each) => {
    const { Name: names, argument, expression } = each.children;
    const condition = expression?.[0];
    const when = condition === undefined ? null : buildExpression(file, condition);
    return buildOption(file, { name: only(names), values: argument ?? [], when });
  });
}

/** One option, as a plan or a test's expectation has it. */
export function buildOption(
  file: string,
  parts: {
    readonly name: IToken;
    readonly values: readonly ArgumentCstNode[];
    readonly when: Expression | null;
  },
): AstOption {
  const word = wordName(file, parts.name);
  const name: Name = { ...word, text: word.text.replaceAll("_", "-") };
  const values = parts.values.flatMap((each) => buildArguments(file, each));
  const { when } = parts;
  return { name, arguments: values, when, span: cover(word, when ?? values.at(-1) ?? word) };
}

/** `by user` is two words in one node. */
function buildArguments(file: string, node: ArgumentCstNode): readonly (Name | Literal)[] {
  const { Name: word, By, fact, Or, Text, quantity, True, False } = node.children;
  const plain = word?.[0] ?? Or?.[0];
  if (plain !== undefined) return [wordName(file, plain)];
  if (By?.[0] !== undefined) {
    return [wordName(file, By[0]), factName(file, only(fact).children)];
  }
  if (Text?.[0] !== undefined) return [textLiteral(file, Text[0])];
  if (quantity?.[0] !== undefined) return [quantityLiteral(file, quantity[0].children)];
  return [booleanLiteral(file, True?.[0] ?? only(False))];
}

function buildRoute(file: string, node: RouteCstNode): AstRoute {
  const { target, selection, split } = node.children;
  if (target?.[0] !== undefined) {
    const name = targetName(file, target[0]);
    return { kind: "name", name, span: name.span };
  }
  return split?.[0] === undefined
    ? buildSelection(file, only(selection))
    : buildSplit(file, split[0]);
}

function buildSelection(file: string, node: SelectionCstNode): AstRoute {
  const { Name: words, target, targets, RightBracket, expression } = node.children;
  const word = wordName(file, only(words));
  const strategy: Name = { ...word, text: word.text.replaceAll("_", "-") };
  const members = targets === undefined ? only([target]) : only(targets).children.target;
  const from = (members ?? []).map((each) => targetName(file, each));
  const where: Expression | null =
    expression?.[0] === undefined ? null : buildExpression(file, expression[0]);
  const bracket = RightBracket?.[0];
  const setEnd = bracket === undefined ? from.at(-1) : { span: spanOfToken(file, bracket) };
  return { kind: "select", strategy, from, where, span: cover(word, where ?? setEnd ?? word) };
}

function buildSplit(file: string, node: SplitCstNode): AstRoute {
  const { Split, fact, share } = node.children;
  const shares = share.map((each) => buildShare(file, each));
  const key = fact?.[0] === undefined ? null : factName(file, fact[0].children);
  const by: Expression | null = key === null ? null : { kind: "name", name: key, span: key.span };
  const head = { span: spanOfToken(file, only(Split)) };
  return { kind: "split", by, shares, span: cover(head, shares.at(-1) ?? head) };
}

function buildShare(file: string, node: ShareCstNode): AstShare {
  const percent = only(node.children.Percent);
  const target = targetName(file, only(node.children.target));
  const span = { file, start: percent.startOffset, end: target.span.end };
  return { share: numberLiteral(file, percent), target, span };
}
