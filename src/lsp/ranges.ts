import type { Location, TextEdit as LspEdit, Range } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Span, TextEdit } from "../diagnostics/diagnostic.ts";
import type { Workspace } from "./workspace.ts";

/** A span as lines and UTF-16 columns, both from 0. */
export function rangeOf(document: TextDocument, { start, end }: Omit<Span, "file">): Range {
  return { start: document.positionAt(start), end: document.positionAt(end) };
}

export function locationOf(workspace: Workspace, span: Span): Location {
  const document = workspace.documentOf(span.file);
  return { uri: workspace.names.uriOf(span.file), range: rangeOf(document, span) };
}

/** Edits by the URI of their file. */
export function changesOf(
  workspace: Workspace,
  edits: readonly TextEdit[],
): Record<string, LspEdit[]> {
  const changes: Record<string, LspEdit[]> = {};
  for (const [file, own] of Map.groupBy(edits, ({ span }) => span.file)) {
    const document = workspace.documentOf(file);
    changes[workspace.names.uriOf(file)] = own.map(({ span, text }) => {
      return { range: rangeOf(document, span), newText: text };
    });
  }
  return changes;
}
