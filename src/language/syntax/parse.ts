import { lex } from "../../../grammar/lexer.ts";
import { parseTokens } from "../../../grammar/policy-parser.ts";
import type { Diagnostic, SourceFile } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { Ast } from "./ast.ts";
import { buildAst } from "./build-ast.ts";

/** The tree of a file, or null and every syntax error in it. */
export interface Parsed {
  readonly ast: Ast | null;
  readonly diagnostics: Diagnostic[];
}

/** Parses one file. Never throws for what is written in it; all independent errors are reported at once. */
export function parse(source: SourceFile): Parsed {
  const { tokens, comments } = lex(source.text);
  const { file, error } = parseTokens(tokens);
  if (file !== null) return { ast: buildAst(source, file, comments), diagnostics: [] };
  const at = tokens.find((token) => token === error?.token) ?? tokens.at(-1);
  const start = at?.startOffset ?? 0;
  const span = { file: source.file, start, end: start + (at?.image.length ?? 0) };
  return { ast: null, diagnostics: [makeDiagnostic("P0101", span, "unexpected text")] };
}
