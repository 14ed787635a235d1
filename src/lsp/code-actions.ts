import {
  type CodeAction,
  type CodeActionContext,
  CodeActionKind,
  type Range,
} from "vscode-languageserver";
import type { Diagnostic, TextEdit } from "../diagnostics/diagnostic.ts";
import { changesOf } from "./ranges.ts";
import { toLspDiagnostic } from "./to-lsp-diagnostic.ts";
import type { PolicyModel, Workspace } from "./workspace.ts";

/** The fix of each finding in a range, and one action for all fixes of the file. */
export function codeActions(
  workspace: Workspace,
  model: PolicyModel,
  {
    range,
    context,
    reference,
  }: {
    readonly range: Range;
    readonly context: CodeActionContext;
    readonly reference: string;
  },
): CodeAction[] {
  const { document, name, checked } = model;
  const own = checked.diagnostics.filter(
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
  const all = editsTogether(own, name);
  const fixAll = {
    title: "Apply every fix of this file",
    edit: { changes: changesOf(workspace, all) },
  };
  if (own.length > 1 && wants(CodeActionKind.QuickFix)) {
    actions.push({ ...fixAll, kind: CodeActionKind.QuickFix });
  }
  if (own.length > 0 && wants(CodeActionKind.SourceFixAll)) {
    actions.push({ ...fixAll, kind: CodeActionKind.SourceFixAll });
  }
  return actions;
}

/** The edits of all fixes in a file, but of two that touch each other only the first's. */
function editsTogether(diagnostics: readonly Diagnostic[], file: string): readonly TextEdit[] {
  const taken: TextEdit[] = [];
  const touches = (edit: TextEdit, other: TextEdit): boolean =>
    edit.span.start <= other.span.end && other.span.start <= edit.span.end;
  for (const { fix } of diagnostics) {
    const edits = fix?.edits ?? [];
    const fits = edits.every(
      (edit) => edit.span.file === file && !taken.some((other) => touches(edit, other)),
    );
    if (fits) taken.push(...edits);
  }
  return taken;
}

function sentence(title: string): string {
  return title.slice(0, 1).toUpperCase() + title.slice(1);
}
