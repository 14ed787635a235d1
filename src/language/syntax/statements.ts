import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { heads, isLeaning, isNearElse, startsLine } from "./leaning.ts";

/** After these an operand is due, so that a reserved word is more likely a misused name than a new statement. */
export const operandDue: ReadonlySet<TokenType> = new Set([
  ...[
    t.Is,
    t.Not,
    t.In,
    t.And,
    t.Or,
    t.Contains,
    t.Of,
    t.By,
    t.On,
    t.Then,
    t.Else,
    t.Fallback,
    t.Otherwise,
  ],
  ...[t.Equal, t.EqualEqual, t.NotEqual, t.Less, t.LessOrEqual, t.Greater, t.GreaterOrEqual],
  ...[t.LeftBracket, t.LeftParenthesis, t.Comma, t.Plus, t.Minus, t.Times, t.Expect, t.Percent],
  ...[t.Let, t.Pool, t.With, t.Where, t.If, t.When, t.Given],
]);

/** Cuts a file's tokens where statements begin, so that an error in one hides nothing in the next. */
export function cutIntoStatements(text: string, tokens: readonly IToken[]): IToken[][] {
  const statements: IToken[][] = [];
  let current: IToken[] = [];
  for (const [index, token] of tokens.entries()) {
    if (index > 0 && (begins(text, tokens, index, current) || isLeaning(text, tokens, index))) {
      statements.push(current);
      current = [];
    }
    current.push(token);
  }
  if (current.length > 0) statements.push(current);
  return statements;
}

function begins(
  text: string,
  tokens: readonly IToken[],
  index: number,
  current: readonly IToken[],
): boolean {
  const type = tokens[index]?.tokenType;
  const before = tokens[index - 1];
  if (type === undefined || before === undefined) return true;
  if (current.length === 1 && isLeaning(text, tokens, index - 1)) return false;
  // A doubled word is one slip, not an empty statement.
  if (type === before.tokenType) return false;
  if (type === t.If) return !lacksIf(current) && ifBegins(text, tokens, index);
  if (type === t.Intent) {
    const [name, clue] = [tokens[index + 1]?.tokenType, tokens[index + 2]?.tokenType];
    return name === t.Name && (clue === t.Matches || clue === t.Contains || clue === t.Like);
  }
  if (!heads.has(type)) return false;
  if (current[0]?.tokenType === t.Test && isExpectation(text, tokens, index)) return false;
  // `expect rule otherwise` names a rule.
  if (before.tokenType === t.Rule) return false;
  // `otherwise if …` was meant to be `else if …`.
  if (type === t.Otherwise && tokens[index + 1]?.tokenType === t.If) return false;
  return !operandDue.has(before.tokenType) || startsLine(text, tokens, index);
}

/** `expect …, rule "title"`, `never …`: in a test these are what is expected, unless they begin a rule or a line. */
function isExpectation(text: string, tokens: readonly IToken[], index: number): boolean {
  const [before, token, next] = [tokens[index - 1], tokens[index], tokens[index + 1]];
  if (token?.tokenType === t.Rule) {
    const after = next?.tokenType === t.Text ? tokens[index + 2] : next;
    return after?.tokenType !== t.Colon && after?.tokenType !== t.If;
  }
  if (token?.tokenType !== t.Never && token?.tokenType !== t.Otherwise) return false;
  const isListed = before?.tokenType === t.Comma || before?.tokenType === t.Expect;
  return isListed || !startsLine(text, tokens, index);
}

/** Whether a statement is the head of a rule, or an `also`, whose `if` has not come yet. */
function lacksIf(current: readonly IToken[]): boolean {
  const head = current[0]?.tokenType;
  if (head !== t.Rule && head !== t.Also) return false;
  return !current.some(({ tokenType }) => tokenType === t.If || tokenType === t.Then);
}

function ifBegins(text: string, tokens: readonly IToken[], index: number): boolean {
  const before = tokens[index - 1]?.tokenType;
  if (before === t.Else || before === t.Then || before === t.Colon) return false;
  if (before === t.Rule || before === t.Also || before === t.Otherwise) return false;
  if (before === t.Text && tokens[index - 2]?.tokenType === t.Rule) return false;
  if (startsLine(text, tokens, index)) return true;
  const word = tokens[index - 1];
  if (word?.tokenType === t.Name && startsLine(text, tokens, index - 1) && isNearElse(word)) {
    return false;
  }
  // In the middle of a line and without a `then`, it stands for another word of the same statement.
  return (before === undefined || !operandDue.has(before)) && hasThen(text, tokens, index);
}

function hasThen(text: string, tokens: readonly IToken[], index: number): boolean {
  for (let at = index + 1; at < tokens.length; at += 1) {
    const type = tokens[at]?.tokenType;
    if (type === t.Then) return true;
    if (type === undefined || (heads.has(type) && startsLine(text, tokens, at))) return false;
  }
  return false;
}
