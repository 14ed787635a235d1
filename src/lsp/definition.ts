import { resolve } from "node:path";
import type { Location, Position } from "vscode-languageserver";
import type { Span } from "../diagnostics/diagnostic.ts";
import { nameAt } from "../language/service/name-index.ts";
import type { Meaning } from "../language/service/name-meaning.ts";
import { locationOf } from "./ranges.ts";
import type { PolicyModel, Workspace } from "./workspace.ts";

/** Where the name at a position is defined: in this file, in one it uses, or in the configuration. */
export function definition(
  workspace: Workspace,
  model: PolicyModel,
  position: Position,
): Location | null {
  const found = nameAt(model.index, model.document.offsetAt(position));
  if (found === null || found.meaning === null) return null;
  if (found.meaning.kind === "path") return usedFile(workspace, model, found.meaning.name);
  const span = placeOf(model, found.meaning);
  return span === null ? null : locationOf(workspace, span);
}

function placeOf({ configured }: PolicyModel, meaning: Meaning): Span | null {
  const places = configured.read?.places;
  switch (meaning.kind) {
    case "let":
    case "pool":
    case "rule":
    case "intent":
      return meaning.declared?.span ?? null;
    case "target":
      return places?.targets.get(meaning.target.name) ?? null;
    case "target-fact":
      return meaning.target === null ? null : (places?.targets.get(meaning.target.name) ?? null);
    case "fact":
      return places?.facts.get(meaning.fact.name) ?? null;
    case "value":
      return places?.facts.get(meaning.of) ?? null;
    default:
      return null;
  }
}

function usedFile({ names }: Workspace, model: PolicyModel, path: string): Location | null {
  const file = names.ofPath(resolve(names.folderOf(model.name), path));
  if (!model.checked.sources.has(file)) return null;
  const start = { line: 0, character: 0 };
  return { uri: names.uriOf(file), range: { start, end: start } };
}
