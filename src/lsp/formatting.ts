import type { TextEdit } from "vscode-languageserver";
import type { SourceFile } from "../diagnostics/diagnostic.ts";
import type { PolicyModel } from "./workspace.ts";

/** The text of a file as it is to be written; null when it has errors. */
export type Format = (source: SourceFile) => string | null;

/** The one edit that formats a policy: from the first difference to the last. None for a text with errors, or as it should be. */
export function formatting({ document, name }: PolicyModel, format: Format): TextEdit[] {
  const text = document.getText();
  const formatted = format({ file: name, text });
  if (formatted === null || formatted === text) return [];
  const most = Math.min(text.length, formatted.length);
  let start = 0;
  while (start < most && text[start] === formatted[start]) start += 1;
  let end = 0;
  while (end < most - start && text.at(-1 - end) === formatted.at(-1 - end)) end += 1;
  return [
    {
      range: {
        start: document.positionAt(start),
        end: document.positionAt(text.length - end),
      },
      newText: formatted.slice(start, formatted.length - end),
    },
  ];
}
