import {
  ErrorCodes,
  type Position,
  type PrepareRenameResult,
  ResponseError,
  type WorkspaceEdit,
} from "vscode-languageserver";
import { nameAt } from "../language/service/name-index.ts";
import {
  nameProblem,
  type Renameable,
  renameable,
  renameEdits,
} from "../language/service/rename.ts";
import { changesOf, rangeOf } from "./ranges.ts";
import type { PolicyModel, Workspace } from "./workspace.ts";

/** What a new name is to be typed over; a ResponseError says why there is none. */
export function prepareRename(model: PolicyModel, position: Position): PrepareRenameResult {
  const { span, text } = allowed(model, position);
  return { range: rangeOf(model.document, span), placeholder: text };
}

/** The edits that rename the name at a position in every policy that means it; a ResponseError says why it cannot be. */
export function rename(
  workspace: Workspace,
  model: PolicyModel,
  position: Position,
  newName: string,
): WorkspaceEdit {
  const { of } = allowed(model, position);
  // A rule's name is known in its own file only.
  const models = of.kind === "rule" ? [model] : workspace.allModels();
  const indexes = models.map(({ index }) => index);
  const concerned = indexes.filter((index) => renameEdits(of, newName, [index]).length > 0);
  const problem = nameProblem(of, newName, concerned);
  if (problem !== null) throw refusal(problem);
  return { changes: changesOf(workspace, renameEdits(of, newName, concerned)) };
}

function allowed(
  { index, document }: PolicyModel,
  position: Position,
): Extract<Renameable, { readonly ok: true }> {
  const found = renameable(nameAt(index, document.offsetAt(position)));
  if (!found.ok) throw refusal(found.why);
  return found;
}

function refusal(why: string): ResponseError<void> {
  return new ResponseError(ErrorCodes.InvalidRequest, why);
}
