import type { DocumentHighlight, Location, Position } from "vscode-languageserver";
import { nameAt } from "../language/service/name-index.ts";
import { mentionsOf } from "../language/service/rename.ts";
import { locationOf, rangeOf } from "./ranges.ts";
import type { PolicyModel, Workspace } from "./workspace.ts";

/** Where the name at a position is mentioned in the policies of the workspace. */
export function references(
  workspace: Workspace,
  model: PolicyModel,
  position: Position,
  includeDeclaration: boolean,
): Location[] {
  const meaning = nameAt(model.index, model.document.offsetAt(position))?.meaning ?? null;
  if (meaning === null) return [];
  const indexes = workspace.allModels().map(({ index }) => index);
  return mentionsOf(meaning, indexes, includeDeclaration).map((span) =>
    locationOf(workspace, span),
  );
}

/** The mentions of the name at a position in its own file. */
export function highlights(model: PolicyModel, position: Position): DocumentHighlight[] {
  const { document, index } = model;
  const meaning = nameAt(index, document.offsetAt(position))?.meaning ?? null;
  if (meaning === null) return [];
  return mentionsOf(meaning, [index], true).map((span) => ({ range: rangeOf(document, span) }));
}
