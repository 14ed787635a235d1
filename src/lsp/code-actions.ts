import {
  type CodeAction,
  type CodeActionContext,
  CodeActionKind,
  type Range,
} from "vscode-languageserver";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { fixesTogether } from "../language/service/fix-source.ts";
import { changesOf } from "./ranges.ts";
import { toLspDiagnostic } from "./to-lsp-diagnostic.ts";
import type { PolicyModel, Workspace } from "./workspace.ts";

export interface ActionRequest {
  readonly range: Range;
  readonly context: CodeActionContext;
  /** What the analysis has found in the text as it stands. */
  readonly analysed: readonly Diagnostic[];
  /** Where the pages of the codes are. */
  readonly reference: string;
}

/** The fix of each finding in a range, and one action for all fixes of the file. */
export function codeActions(
  workspace: Workspace,
  model: PolicyModel,
  { range, context, analysed, reference }: ActionRequest,
): CodeAction[] {
  const { document, name, checked } = model;
  const own = [...checked.diagnostics, ...analysed].filter(
    ({ span, fix }) => span.file === name && fix !== undefined,
  );
  const [from, to] = [document.offsetAt(range.start), document.offsetAt(range.end)];
  const wants = (kind: string): boolean =>
    context.only === undefined ||
    context.only.some((only) => kind === only || kind.startsWith(`${only}.`));
  const actions: CodeAction[] = [];
  if (wants(CodeActionKind.QuickFix)) {
    for (const diagnostic of own) {
      const { span, fix } = diagnostic;
      if (fix === undefined || span.end < from || span.start > to) continue;
      actions.push({
        title: sentence(fix.title),
        kind: CodeActionKind.QuickFix,
        diagnostics: [toLspDiagnostic(workspace, document, diagnostic, reference)],
        isPreferred: true,
        edit: { changes: changesOf(workspace, fix.edits) },
      });
    }
  }
  const together = fixesTogether(name, own);
  const all = together.flatMap(({ fix }) => fix.edits);
  const fixAll = {
    title: "Apply every fix of this file",
    edit: { changes: changesOf(workspace, all) },
  };
  if (together.length > 1 && wants(CodeActionKind.QuickFix)) {
    actions.push({ ...fixAll, kind: CodeActionKind.QuickFix });
  }
  if (together.length > 0 && wants(CodeActionKind.SourceFixAll)) {
    actions.push({ ...fixAll, kind: CodeActionKind.SourceFixAll });
  }
  return actions;
}

function sentence(title: string): string {
  return title.slice(0, 1).toUpperCase() + title.slice(1);
}
