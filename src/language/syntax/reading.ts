import type { IToken } from "chevrotain";
import { lex } from "../../../grammar/lexer.ts";
import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";
import { placeOf } from "./token-edits.ts";

/** A place among the tokens of a file, as slips are read one after the other. */
export interface Reading {
  readonly file: string;
  readonly text: string;
  readonly tokens: readonly IToken[];
  readonly index: number;
}

/** What a slip was read as. */
export interface MendedOne {
  readonly diagnostic: Diagnostic;
  readonly tokens: readonly IToken[];
  /** How many tokens it took. */
  readonly taken: number;
  /** Offset from which tokens that were read already are part of it; those and what was said of them are dropped. */
  readonly from?: number;
}

/** Tokens of a part of the file, at the places where they stand. */
export function tokensWithin(text: string, { start, end }: Pick<Span, "start" | "end">): IToken[] {
  const { tokens } = lex(text.slice(start, end));
  for (const token of tokens) {
    const from = start + token.startOffset;
    token.payload = { start: from, end: from + token.image.length };
  }
  return tokens;
}

/** Whether nothing stands between two tokens. */
export function touch(first: IToken | undefined, second: IToken | undefined): boolean {
  if (first === undefined || second === undefined) return false;
  return placeOf(first).end === placeOf(second).start;
}
