import type { CstNode, IToken } from "chevrotain";
import type {
  ArmCstNode,
  ClueCstNode,
  ConditionCstNode,
  EnsureCstNode,
  EveryPlanCstNode,
  FileCstNode,
  FurtherClueCstNode,
  IntentCstNode,
  RuleCstNode,
  StatementCstNode,
} from "../../../grammar/generated/cst.ts";
import type { SourceFile } from "../../diagnostics/diagnostic.ts";
import type { Ast, AstArm, AstClue, AstRequirement, Comment, Statement } from "./ast.ts";
import { buildAction, buildOptions } from "./build-action.ts";
import { buildCondition, buildExpression } from "./build-expression.ts";
import {
  cover,
  numberLiteral,
  only,
  patternLiteral,
  spanOfToken,
  targetName,
  textLiteral,
  wordName,
} from "./build-parts.ts";
import { buildTest } from "./build-test.ts";

/** The abstract tree of a concrete one that was parsed without an error. */
export function buildAst(source: SourceFile, tree: CstNode, comments: readonly IToken[]): Ast {
  const { statement } = (tree as FileCstNode).children;
  return {
    file: source.file,
    text: source.text,
    statements: (statement ?? []).map((each) => buildStatement(source.file, each)),
    comments: comments.map((token): Comment => {
      return { text: token.image, span: spanOfToken(source.file, token) };
    }),
  };
}

function buildStatement(file: string, node: StatementCstNode): Statement {
  const { rule, otherwise, definition, pool, intent, use, version } = node.children;
  if (rule?.[0] !== undefined) return buildRule(file, rule[0]);
  const beside = buildBeside(file, node);
  if (beside !== null) return beside;
  if (otherwise?.[0] !== undefined) {
    const { Otherwise, action } = otherwise[0].children;
    const built = buildAction(file, only(action));
    const head = { span: spanOfToken(file, only(Otherwise)) };
    return { kind: "otherwise", action: built, span: cover(head, built) };
  }
  if (definition?.[0] !== undefined) {
    const { Let, Name: name, expression } = definition[0].children;
    const value = buildExpression(file, only(expression));
    const head = { span: spanOfToken(file, only(Let)) };
    // Parentheses round the whole value are no part of its span, but they are part of the statement.
    return { kind: "let", name: wordName(file, only(name)), value, span: cover(head, value) };
  }
  if (pool?.[0] !== undefined) {
    const { Pool, Name: name, targets } = pool[0].children;
    const head = { span: spanOfToken(file, only(Pool)) };
    const members = only(targets).children.target.map((each) => targetName(file, each));
    const span = cover(head, members.at(-1) ?? head);
    return { kind: "pool", name: wordName(file, only(name)), members, span };
  }
  if (intent?.[0] !== undefined) return buildIntent(file, intent[0]);
  if (use?.[0] !== undefined) {
    const path = textLiteral(file, only(use[0].children.Text));
    const head = { span: spanOfToken(file, only(use[0].children.Use)) };
    return { kind: "use", path, span: cover(head, path) };
  }
  const { Policy, Decimal } = only(version).children;
  const number = numberLiteral(file, only(Decimal));
  const head = { span: spanOfToken(file, only(Policy)) };
  return { kind: "policy", version: number, span: cover(head, number) };
}

/** The statements that stand beside rules: options for all of them, guards and tests. */
function buildBeside(file: string, { children }: StatementCstNode): Statement | null {
  const { also, never, ensure, trial } = children;
  if (also?.[0] !== undefined) {
    const { Also, expression, options } = also[0].children;
    const built = buildOptions(file, only(options));
    const head = { span: spanOfToken(file, only(Also)) };
    const condition = buildExpression(file, only(expression));
    return { kind: "also", condition, options: built, span: cover(head, built.at(-1) ?? head) };
  }
  if (never?.[0] !== undefined) {
    const { Never, expression } = never[0].children;
    const [of, when] = expression.map((each) => buildExpression(file, each));
    const head = { span: spanOfToken(file, only(Never)) };
    const said = only([of]);
    return { kind: "never", of: said, when: when ?? null, span: cover(head, when ?? said) };
  }
  if (ensure?.[0] !== undefined) return buildEnsure(file, ensure[0]);
  return trial?.[0] === undefined ? null : buildTest(file, trial[0]);
}

function buildEnsure(file: string, node: EnsureCstNode): Statement {
  const { Ensure, everyPlan, condition, expression } = node.children;
  const requirement = buildRequirement(file, everyPlan?.[0], condition?.[0]);
  const when = expression?.[0] === undefined ? null : buildExpression(file, expression[0]);
  const head = { span: spanOfToken(file, only(Ensure)) };
  return { kind: "ensure", requirement, when, span: cover(head, when ?? requirement) };
}

function buildRequirement(
  file: string,
  every: EveryPlanCstNode | undefined,
  condition: ConditionCstNode | undefined,
): AstRequirement {
  if (every === undefined) {
    const of = buildCondition(file, only([condition]));
    return { kind: "compare", of, span: of.span };
  }
  const { Name: names, Fallback } = every.children;
  const said = names.map((each) => wordName(file, each));
  const [first, second, third, fourth] = said;
  const words = [only([first]), only([second]), only([third])];
  const what = fourth ?? wordName(file, only(Fallback));
  return { kind: "has", words, what, span: cover(only(words), what) };
}

function buildRule(file: string, node: RuleCstNode): Statement {
  const { Rule, Text, arm, Else, action } = node.children;
  const arms = arm.map((each) => buildArm(file, each));
  if (action?.[0] !== undefined) {
    const last = buildAction(file, action[0]);
    const word = Else?.at(-1);
    const head = word === undefined ? last : { span: spanOfToken(file, word) };
    arms.push({ condition: null, action: last, span: cover(head, last) });
  }
  const title = Text?.[0];
  const literal = title === undefined ? null : textLiteral(file, title);
  const name =
    literal?.kind === "string" ? { text: literal.text, quoted: true, span: literal.span } : null;
  const first = only(arms);
  const start = Rule?.[0] === undefined ? first : { span: spanOfToken(file, Rule[0]) };
  return { kind: "rule", name, arms, span: cover(start, arms.at(-1) ?? first) };
}

function buildArm(file: string, node: ArmCstNode): AstArm {
  const { If, expression, action } = node.children;
  const built = buildAction(file, only(action));
  return {
    condition: buildExpression(file, only(expression)),
    action: built,
    span: cover({ span: spanOfToken(file, only(If)) }, built),
  };
}

function buildIntent(file: string, node: IntentCstNode): Statement {
  const { Intent, Name: name, clue, furtherClue } = node.children;
  const clues = [buildClue(file, only(clue))];
  for (const each of furtherClue ?? []) clues.push(buildFurtherClue(file, each, clues));
  const head = { span: spanOfToken(file, only(Intent)) };
  return {
    kind: "intent",
    name: wordName(file, only(name)),
    clues,
    span: cover(head, clues.at(-1) ?? head),
  };
}

function buildClue(file: string, node: ClueCstNode): AstClue {
  const { Matches, Contains, Like, Pattern, Text } = node.children;
  const value =
    Pattern?.[0] === undefined ? textLiteral(file, only(Text)) : patternLiteral(file, Pattern[0]);
  const head = { span: spanOfToken(file, Matches?.[0] ?? Contains?.[0] ?? only(Like)) };
  const kind = textKind(Matches, Like);
  return { kind, value, span: cover(head, value) };
}

function textKind(matches: unknown, like: unknown): AstClue["kind"] {
  if (matches !== undefined) return "matches";
  return like === undefined ? "contains" : "like";
}

/** A pattern without its word matches; a text without it is what the last text before it is, else contained. */
function buildFurtherClue(
  file: string,
  node: FurtherClueCstNode,
  before: readonly AstClue[],
): AstClue {
  const { clue, Pattern, Text } = node.children;
  if (clue?.[0] !== undefined) return buildClue(file, clue[0]);
  if (Pattern?.[0] !== undefined) {
    const value = patternLiteral(file, Pattern[0]);
    return { kind: "matches", value, span: value.span };
  }
  const value = textLiteral(file, only(Text));
  const kind = before.findLast((each) => each.kind !== "matches")?.kind ?? "contains";
  return { kind, value, span: value.span };
}
