import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { placeOf } from "./token-edits.ts";

const heads: ReadonlySet<TokenType> = new Set([
  ...[t.Policy, t.Use, t.Let, t.Pool, t.Rule, t.Otherwise],
  ...[t.Also, t.Never, t.Ensure, t.Test],
]);

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
  ...[t.Let, t.Pool, t.With, t.Where],
]);

/** Cuts a file's tokens where statements begin, so that an error in one hides nothing in the next. */
export function cutIntoStatements(text: string, tokens: readonly IToken[]): IToken[][] {
  const statements: IToken[][] = [];
  let current: IToken[] = [];
  for (const [index, token] of tokens.entries()) {
    if (index > 0 && !isExpected(current, tokens, index) && begins(text, tokens, index)) {
      statements.push(current);
      current = [];
    }
    current.push(token);
  }
  if (current.length > 0) statements.push(current);
  return statements;
}

/** Whether a `rule` or `never` at the beginning of a line goes on with what a test expects, and is no statement. */
function isExpected(current: readonly IToken[], tokens: readonly IToken[], index: number): boolean {
  const before = current.at(-1)?.tokenType;
  if (current[0]?.tokenType !== t.Test || (before !== t.Comma && before !== t.Expect)) return false;
  const [type, next, second] = [0, 1, 2].map((by) => tokens[index + by]?.tokenType);
  if (type === t.Never) return true;
  const isStatement = next === t.Colon || next === t.If || (next === t.Text && second === t.Colon);
  return type === t.Rule && !isStatement;
}

function begins(text: string, tokens: readonly IToken[], index: number): boolean {
  const type = tokens[index]?.tokenType;
  const before = tokens[index - 1];
  if (type === undefined || before === undefined) return true;
  // A doubled word is one slip, not an empty statement.
  if (type === before.tokenType) return false;
  if (type === t.If) return ifBegins(text, tokens, index);
  if (type === t.Intent) {
    const [name, clue] = [tokens[index + 1]?.tokenType, tokens[index + 2]?.tokenType];
    return name === t.Name && (clue === t.Matches || clue === t.Contains || clue === t.Like);
  }
  if (!heads.has(type)) return false;
  // `expect rule otherwise` names a rule.
  if (before.tokenType === t.Rule) return false;
  return !operandDue.has(before.tokenType) || startsLine(text, tokens, index);
}

function ifBegins(text: string, tokens: readonly IToken[], index: number): boolean {
  const before = tokens[index - 1]?.tokenType;
  if (before === t.Else || before === t.Then || before === t.Colon) return false;
  if (before === t.Rule || before === t.Also) return false;
  if (before === t.Text && tokens[index - 2]?.tokenType === t.Rule) return false;
  return before === undefined || !operandDue.has(before) || startsLine(text, tokens, index);
}

function startsLine(text: string, tokens: readonly IToken[], index: number): boolean {
  const [before, token] = [tokens[index - 1], tokens[index]];
  if (before === undefined || token === undefined) return true;
  return /[\n\r]/.test(text.slice(placeOf(before).end, placeOf(token).start));
}
