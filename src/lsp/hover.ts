import { type Hover, MarkupKind, type Position } from "vscode-languageserver";
import { hoverAt } from "../language/service/hover.ts";
import { rangeOf } from "./ranges.ts";
import type { PolicyModel } from "./workspace.ts";

/** What the name or keyword at a position is. */
export function hover({ document, checked, index }: PolicyModel, position: Position): Hover | null {
  const found = hoverAt(checked.parsed, index, checked.sources, document.offsetAt(position));
  if (found === null) return null;
  return {
    contents: { kind: MarkupKind.Markdown, value: found.markdown },
    range: rangeOf(document, found.span),
  };
}
