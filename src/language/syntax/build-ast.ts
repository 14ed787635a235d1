import type { CstNode, IToken } from "chevrotain";
import type {
  ArmCstNode,
  ClueCstNode,
  FileCstNode,
  FurtherClueCstNode,
  IntentCstNode,
  RuleCstNode,
  StatementCstNode,
} from "../../../grammar/generated/cst.ts";
import type { SourceFile } from "../../diagnostics/diagnostic.ts";
import type { Ast, AstArm, AstClue, Comment, Statement } from "./ast.ts";
import { buildAction } from "./build-action.ts";
import { buildExpression } from "./build-expression.ts";
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
  const clues = [
    buildClue(file, only(clue)),
    ...(furtherClue ?? []).map((each) => buildFurtherClue(file, each)),
  ];
  const head = { span: spanOfToken(file, only(Intent)) };
  return {
    kind: "intent",
    name: wordName(file, only(name)),
    clues,
    span: cover(head, clues.at(-1) ?? head),
  };
}

function buildClue(file: string, node: ClueCstNode): AstClue {
  const { Matches, Contains } = node.children;
  const value = clueValue(file, node.children);
  const head = { span: spanOfToken(file, Matches?.[0] ?? only(Contains)) };
  return { ...value, span: cover(head, value) };
}

/** A clue without its word is of the kind that its value has: a pattern matches, a text is contained. */
function buildFurtherClue(file: string, node: FurtherClueCstNode): AstClue {
  const { clue } = node.children;
  return clue?.[0] === undefined ? clueValue(file, node.children) : buildClue(file, clue[0]);
}

function clueValue(
  file: string,
  { Pattern, Text }: { readonly Pattern?: IToken[]; readonly Text?: IToken[] },
): AstClue {
  const value =
    Pattern?.[0] === undefined ? textLiteral(file, only(Text)) : patternLiteral(file, Pattern[0]);
  const kind = Pattern === undefined ? "contains" : "matches";
  return { kind, value, span: value.span };
}
