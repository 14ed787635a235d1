import type { CstNode, IRecognitionException, IToken } from "chevrotain";
import { PolicyParser } from "./policy-parser.ts";

/** A tree, or the first error in the text; never both. */
export interface ParseResult {
  readonly file: CstNode | null;
  readonly error: IRecognitionException | null;
}

let shared: PolicyParser | null = null;

/** Parses tokens with the one parser of this process (made when first needed); stops at the first error. */
export function parseTokens(tokens: IToken[]): ParseResult {
  shared ??= new PolicyParser();
  shared.input = tokens;
  const file = shared.file();
  const error = shared.errors[0] ?? null;
  return { file: error === null ? file : null, error };
}
