import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Ast, Statement } from "../syntax/ast.ts";
import { titleOf } from "./hover.ts";
import type { ParsedStatements } from "./parse-statements.ts";

/** A statement as an outline lists it. */
export interface OutlineEntry {
  readonly title: string;
  readonly kind: Statement["kind"];
  readonly span: Span;
  /** What to select: the name, or the whole. */
  readonly selection: Span;
}

/** The statements of a file that an outline lists, in order; a broken one is listed as what it was before. */
export function outlineOf({ ast, remembered }: ParsedStatements): readonly OutlineEntry[] {
  const before = new Set(remembered);
  return [...ast.statements, ...remembered]
    .toSorted((a, b) => a.span.start - b.span.start)
    .flatMap((statement) => {
      if (statement.kind === "policy") return [];
      const { kind, span } = statement;
      const name = "name" in statement && !before.has(statement) ? statement.name : null;
      return [{ title: titleOf(statement), kind, span, selection: name?.span ?? span }];
    });
}

/** Lines that fold, by the offsets of their first and last character. */
export interface Fold {
  readonly kind: "statement" | "comment";
  readonly start: number;
  readonly end: number;
}

/** Statements and blocks of comment lines; those of one line are left for the caller to drop. */
export function foldsOf({ statements, comments, text }: Ast): readonly Fold[] {
  const folds: Fold[] = statements.map(({ span }) => {
    return { kind: "statement", start: span.start, end: span.end };
  });
  for (const { span } of comments) {
    const before = folds.at(-1);
    const goesOn =
      before?.kind === "comment" &&
      /^[ \t]*(?:\r\n|\n|\r)[ \t]*$/.test(text.slice(before.end, span.start));
    if (goesOn) folds.splice(-1, 1, { ...before, end: span.end });
    else folds.push({ kind: "comment", start: span.start, end: span.end });
  }
  return folds;
}
