import { type FoldingRange, FoldingRangeKind } from "vscode-languageserver";
import { foldsOf } from "../language/service/outline.ts";
import type { PolicyModel } from "./workspace.ts";

/** The statements and comments of more than one line. */
export function folding({ document, checked }: PolicyModel): FoldingRange[] {
  return foldsOf(checked.parsed.ast).flatMap(({ kind, start, end }) => {
    const [startLine, endLine] = [document.positionAt(start).line, document.positionAt(end).line];
    if (startLine === endLine) return [];
    const fold = { startLine, endLine };
    return [kind === "comment" ? { ...fold, kind: FoldingRangeKind.Comment } : fold];
  });
}
