import type { TextEdit } from "vscode-languageserver";
import { formatSource } from "../language/service/format.ts";
import type { PolicyModel } from "./workspace.ts";

/** The one edit that formats a policy: from the first difference to the last. None for a text with errors, or as it should be. */
export function formatting({ document, name }: PolicyModel): TextEdit[] {
  const text = document.getText();
  const result = formatSource({ file: name, text });
  if (!result.ok || result.text === text) return [];
  const formatted = result.text;
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
