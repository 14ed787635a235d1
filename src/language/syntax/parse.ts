import type { CstNode, IToken } from "chevrotain";
import { type Lexed, lex } from "../../../grammar/lexer.ts";
import { parseTokens } from "../../../grammar/parse-tokens.ts";
import * as t from "../../../grammar/tokens.ts";
import type { Diagnostic, SourceFile } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { Ast } from "./ast.ts";
import { longestFile, mostTokens, tooDeep } from "./bounds.ts";
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

/** The concrete tree of a file with its tokens, which the formatter prints; null and every syntax error where there is one. */
export interface ParsedTree {
  readonly tree: CstNode | null;
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  readonly diagnostics: Diagnostic[];
}

/**
 * Parses one file. Never throws for what is written in it; the tree is there exactly when there is no diagnostic, and all
 * independent errors are reported at once, in the order of the text. The words of the vocabulary make no difference to what
 * parses; they only tell a torn or run-together name from others.
 */
export function parse(source: SourceFile, vocabulary?: ReadonlySet<string>): Parsed {
  const { tree, comments, diagnostics } = parseTree(source, vocabulary);
  return { ast: tree === null ? null : buildAst(source, tree, comments), diagnostics };
}

/** Parses one file as `parse` does, up to the tree that still has every token. */
export function parseTree(
  source: SourceFile,
  vocabulary: ReadonlySet<string> = new Set(),
): ParsedTree {
  const { file, text } = source;
  if (text.length > longestFile) return tooLarge(file, longestFile, "characters");
  return treeOf(source, lex(text), { vocabulary, examine: true });
}

function tooLarge(file: string, most: number, what: string): ParsedTree {
  const message = `a policy has at most ${most.toLocaleString("en-US")} ${what}, and this file has more`;
  const span = { file, start: 0, end: 1 };
  const help = "split it, and bring the parts together with `use`";
  const diagnostics = [makeDiagnostic("P0109", span, message, { help })];
  return { tree: null, tokens: [], comments: [], diagnostics };
}

/**
 * Parses tokens of a file: all of them, or those of whole statements only, whose places in the file stay as they are. Unless
 * it is to examine them, it works out no error: then the tree may be null with no diagnostic.
 */
export function parseLexed(source: SourceFile, lexed: Lexed, examine = true): Parsed {
  const { tree, comments, diagnostics } = treeOf(source, lexed, { vocabulary: new Set(), examine });
  return { ast: tree === null ? null : buildAst(source, tree, comments), diagnostics };
}

function treeOf(
  source: SourceFile,
  { tokens, comments }: Lexed,
  { vocabulary, examine }: { vocabulary: ReadonlySet<string>; examine: boolean },
): ParsedTree {
  const { file, text } = source;
  if (tokens.length > mostTokens) return tooLarge(file, mostTokens, "words and symbols");
  const deep = tooDeep(file, tokens);
  const tree = deep === null ? parseTokens(tokens).file : null;
  if (tree !== null && isSound(text, tokens, vocabulary)) {
    const habits = languageHabits(source, tokens);
    return { tree: habits.length > 0 ? null : tree, tokens, comments, diagnostics: habits };
  }
  const diagnostics = examine ? findErrors(source, tokens, vocabulary) : [];
  return { tree: null, tokens, comments, diagnostics };
}

/** What the grammar cannot say: known escapes only, no keyword lost among arguments, the version first. */
function isSound(
  text: string,
  tokens: readonly IToken[],
  vocabulary: ReadonlySet<string>,
): boolean {
  if (swallowedKeyword(tokens, vocabulary) !== null) return false;
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
