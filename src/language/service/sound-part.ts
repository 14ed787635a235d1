import type { IToken } from "chevrotain";
import { lex } from "../../../grammar/lexer.ts";
import * as t from "../../../grammar/tokens.ts";
import type { Diagnostic, SourceFile } from "../../diagnostics/diagnostic.ts";
import { cutIntoStatements } from "../syntax/statements.ts";

/** What is left of a text that does not parse once its broken statements are blanked out; offsets stay as they were. */
export interface SoundPart {
  readonly source: SourceFile;
  /** Words of the broken statements: a name that nothing else explains may be defined there. */
  readonly brokenWords: ReadonlySet<string>;
  /** True when a broken statement may have brought in a library. */
  readonly lacksLibrary: boolean;
}

/** Cuts out the statements that hold a syntax error, so that one bad rule does not hide another's mistakes. */
export function soundPart({ file, text }: SourceFile, errors: readonly Diagnostic[]): SoundPart {
  const statements = cutIntoStatements(text, lex(text).tokens, false);
  const brokenWords = new Set<string>();
  let rest = text;
  let lacksLibrary = false;
  for (const [index, tokens] of statements.entries()) {
    const start = index === 0 ? 0 : startOf(tokens);
    const next = statements[index + 1];
    const end = next === undefined ? text.length : startOf(next);
    if (!errors.some(({ span }) => span.start < end && span.end >= start)) continue;
    for (const { image } of tokens) brokenWords.add(image);
    lacksLibrary ||= tokens.some(({ tokenType }) => tokenType === t.Use);
    const blank = text.slice(start, end).replaceAll(/[^\n\r]/g, " ");
    rest = rest.slice(0, start) + blank + rest.slice(end);
  }
  return { source: { file, text: rest }, brokenWords, lacksLibrary };
}

function startOf(tokens: readonly IToken[]): number {
  return tokens[0]?.startOffset ?? 0;
}
