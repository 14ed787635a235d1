import type { FileCstNode } from "../../../grammar/generated/cst.ts";
import type { Diagnostic, SourceFile } from "../../diagnostics/diagnostic.ts";
import { only } from "../syntax/build-parts.ts";
import { parseTree } from "../syntax/parse.ts";
import { type Gap, Gaps } from "./format-gaps.ts";
import type { Layout } from "./format-parts.ts";
import { Printer } from "./format-printer.ts";
import { isNumericExpression } from "./format-spelling.ts";
import { formatStatement, headOf } from "./format-statement.ts";

export type Formatted =
  | { readonly ok: true; readonly text: string }
  /** The text does not parse: its syntax errors. */
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * A policy in the house's layout and spelling (LANGUAGE §5, §9). Every token is printed once and in order, each comment
 * between the two tokens where it stood, so that the meaning is the same; formatting the result changes nothing more.
 */
export function formatSource(source: SourceFile): Formatted {
  const { tree, tokens, comments, diagnostics } = parseTree(source);
  if (tree === null) return { ok: false, diagnostics };
  const { text } = source;
  const statements = (tree as FileCstNode).children.statement ?? [];
  const numericLets = numericLetsOf(statements);
  const layout: Layout = { gaps: new Gaps(text, tokens, comments), numericLets };
  const printer = new Printer();
  for (const statement of statements) {
    printGap(printer, layout.gaps.take(headOf(statement).startOffset));
    printer.print(formatStatement(layout, statement));
  }
  printGap(printer, layout.gaps.take(text.length));
  return { ok: true, text: printer.finish(lineEndOf(text)) };
}

/** What stands between two statements: comments, and of empty lines at most one each time. */
function printGap(printer: Printer, { comments, isBlankBefore }: Gap): void {
  for (const comment of comments) {
    printer.newLine(comment);
    printer.comment(comment);
  }
  printer.newLine({ isBlankBefore });
}

type Statements = NonNullable<FileCstNode["children"]["statement"]>;

function numericLetsOf(statements: Statements): ReadonlySet<string> {
  const numeric = new Set<string>();
  for (const { children } of statements) {
    const definition = children.definition?.[0]?.children;
    if (definition === undefined) continue;
    if (isNumericExpression(only(definition.expression), numeric)) {
      numeric.add(only(definition.Name).image);
    }
  }
  return numeric;
}

/** The line end that most lines of a file have. */
function lineEndOf(text: string): string {
  const all = text.match(/\r\n|\n|\r/g) ?? [];
  const windows = all.filter((each) => each === "\r\n").length;
  return windows * 2 > all.length ? "\r\n" : "\n";
}
