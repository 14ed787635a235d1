import type { IToken } from "chevrotain";
import { type Lexed, lex } from "../../../grammar/lexer.ts";
import { parseTokens } from "../../../grammar/parse-tokens.ts";
import * as t from "../../../grammar/tokens.ts";
import type { Diagnostic, SourceFile } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { Ast } from "./ast.ts";
import { longestFile, tooDeep } from "./bounds.ts";
import { buildAst } from "./build-ast.ts";
import { unknownEscapes } from "./escapes.ts";
import { findErrors } from "./find-errors.ts";
import { languageHabits } from "./language-habits.ts";
import { isSplitNumber } from "./slips.ts";
import { swallowedKeyword } from "./swallowed.ts";

/** The tree of a file, or null and every syntax error in it. */
export interface Parsed {
  readonly ast: Ast | null;
  readonly diagnostics: Diagnostic[];
}

/**
 * Parses one file. Never throws for what is written in it; the tree is there exactly when there is no diagnostic, and all
 * independent errors are reported at once, in the order of the text.
 */
export function parse(source: SourceFile): Parsed {
  const { file, text } = source;
  if (text.length > longestFile) {
    const size = longestFile.toLocaleString("en-US");
    const message = `a policy has at most ${size} characters, and this file has more`;
    const span = { file, start: 0, end: 1 };
    const help = "split it, and bring the parts together with `use`";
    return { ast: null, diagnostics: [makeDiagnostic("P0109", span, message, { help })] };
  }
  return parseLexed(source, lex(text));
}

/**
 * Parses tokens of a file: all of them, or those of whole statements only, whose places in the file stay as they are. Unless
 * it is to examine them, it works out no error: then the tree may be null with no diagnostic.
 */
export function parseLexed(
  source: SourceFile,
  { tokens, comments }: Lexed,
  examine = true,
): Parsed {
  const { file, text } = source;
  const deep = tooDeep(file, tokens);
  const tree = deep === null ? parseTokens(tokens).file : null;
  if (tree !== null && isSound(text, tokens)) {
    const habits = languageHabits(source, tokens);
    if (habits.length > 0) return { ast: null, diagnostics: habits };
    return { ast: buildAst(source, tree, comments), diagnostics: [] };
  }
  return { ast: null, diagnostics: examine ? findErrors(source, tokens) : [] };
}

/** What the grammar cannot say: known escapes only, no keyword lost among arguments, the version first. */
function isSound(text: string, tokens: readonly IToken[]): boolean {
  if (swallowedKeyword(tokens) !== null) return false;
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token?.tokenType === t.Policy && index > 0) return false;
    const next = tokens[index + 1];
    if (token?.tokenType === t.Decimal && next !== undefined) {
      if (isSplitNumber(text, token, next)) return false;
    }
    if (token?.tokenType !== t.Text || !token.image.includes("\\")) continue;
    if (unknownEscapes(token.image).length > 0) return false;
  }
  return true;
}
