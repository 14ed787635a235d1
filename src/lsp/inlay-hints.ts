import { type InlayHint, InlayHintKind, type Range } from "vscode-languageserver";
import type { Remark } from "../language/service/review-draft.ts";
import type { PolicyModel } from "./workspace.ts";

/** What the analysis has to remark in a part of a policy: what rules still match after those above them, what becomes of guards. */
export function inlayHints(
  { document }: PolicyModel,
  range: Range,
  remarks: readonly Remark[],
): InlayHint[] {
  const [from, to] = [document.offsetAt(range.start), document.offsetAt(range.end)];
  return remarks.flatMap(({ at, text, tooltip }) => {
    if (at < from || at > to) return [];
    const position = document.positionAt(at);
    return [{ position, label: text, kind: InlayHintKind.Type, tooltip, paddingLeft: true }];
  });
}
