import type { CstNode, IRecognitionException, IToken, Rule } from "chevrotain";
import { PolicyParser } from "./policy-parser.ts";

/** A tree, or the first error in the text; never both. */
export interface ParseResult {
  readonly file: CstNode | null;
  readonly error: IRecognitionException | null;
}

let shared: PolicyParser | null = null;

/** Parses tokens with the one parser of this process (made when first needed); stops at the first error. */
export function parseTokens(tokens: IToken[]): ParseResult {
  const parser = theParser();
  parser.input = tokens;
  const file = parser.file();
  const error = parser.errors[0] ?? null;
  return { file: error === null ? file : null, error };
}

/** The rules of the grammar as the parser was made from, for those who ask what may stand where. */
export function grammarRules(): Readonly<Record<string, Rule>> {
  return theParser().getGAstProductions();
}

function theParser(): PolicyParser {
  shared ??= new PolicyParser();
  return shared;
}
