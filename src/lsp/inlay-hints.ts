import { type InlayHint, InlayHintKind, type Range } from "vscode-languageserver";
import type { PolicyModel } from "./workspace.ts";

/** What is shown behind a piece of a policy. */
export interface Remark {
  /** Offset behind which it stands. */
  readonly at: number;
  /** In few words. */
  readonly text: string;
  readonly tooltip: string;
}

/** What the analysis of the text as it stands has to remark; null while there is none. */
export type Remarks = (model: PolicyModel) => readonly Remark[] | null;

/** What rules still match after those above them. */
export function inlayHints(model: PolicyModel, range: Range, remarks: Remarks): InlayHint[] {
  const { document } = model;
  const [from, to] = [document.offsetAt(range.start), document.offsetAt(range.end)];
  return (remarks(model) ?? []).flatMap(({ at, text, tooltip }) => {
    if (at < from || at > to) return [];
    const position = document.positionAt(at);
    return [{ position, label: text, kind: InlayHintKind.Type, tooltip, paddingLeft: true }];
  });
}
