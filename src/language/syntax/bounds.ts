import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import { spanOf } from "./token-edits.ts";

/** Characters that a policy may have: about sixteen thousand rules. */
export const longestFile = 2_097_152;

/** Words and symbols that a policy may have: what a parser and a checker hold of each costs far more than its letters. */
export const mostTokens = 200_000;

/** Parentheses, brackets and `not` inside each other. */
const deepestNesting = 64;

/** Operators of one sum, which nests its tree as parentheses do. */
const longestSum = 64;

const closers: ReadonlySet<TokenType> = new Set([t.RightParenthesis, t.RightBracket]);
const openers: ReadonlySet<TokenType> = new Set([t.LeftParenthesis, t.LeftBracket]);
const sumOperators: ReadonlySet<TokenType> = new Set([t.Plus, t.Minus, t.Times]);
const sumEnds: ReadonlySet<TokenType> = new Set([
  ...[t.And, t.Or, t.Then, t.Is, t.In, t.Comma, t.Let, t.If, t.Where, t.Rule, t.Otherwise],
]);

/** A diagnostic for the token at which nesting passes the bound; null when it stays within. Counts, never recurses. */
export function tooDeep(file: string, tokens: readonly IToken[]): Diagnostic | null {
  let depth = 0;
  let nots = 0;
  let sum = 0;
  for (const token of tokens) {
    const type = token.tokenType;
    if (openers.has(type)) depth += 1;
    else if (closers.has(type)) depth = Math.max(0, depth - 1);
    else if (sumOperators.has(type)) sum += 1;
    else if (sumEnds.has(type)) sum = 0;
    if (type === t.Not) nots += 1;
    else if (!openers.has(type)) nots = 0;
    if (depth + nots > deepestNesting) {
      const message = `more than ${deepestNesting} levels are nested in each other`;
      return makeDiagnostic("P0108", spanOf(file, token), message, {
        label: "one level too many",
        help: "give the inner part a name with `let`",
      });
    }
    if (sum > longestSum) {
      return makeDiagnostic(
        "P0108",
        spanOf(file, token),
        `a sum has at most ${longestSum} operators`,
        {
          label: "one operator too many",
          help: "give parts of the sum names with `let`",
        },
      );
    }
  }
  return null;
}
