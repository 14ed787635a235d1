import { type IToken, Lexer } from "chevrotain";
import { allTokens } from "./tokens.ts";

/** Tokens of a text in order, comments apart. Every character belongs to a token, a comment or space. */
export interface Lexed {
  readonly tokens: IToken[];
  readonly comments: IToken[];
}

let shared: Lexer | null = null;

/** Splits a text into tokens; never fails. Slips are tokens too (slip-tokens.ts), of types that no rule takes. */
export function lex(text: string): Lexed {
  shared ??= new Lexer([...allTokens], {
    positionTracking: "onlyOffset",
    // Checked by a test, once, instead of at each start.
    skipValidations: true,
    ensureOptimizations: true,
  });
  const { tokens, groups } = shared.tokenize(text);
  return { tokens, comments: groups["comments"] ?? [] };
}
