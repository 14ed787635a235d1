import {
  CompletionItemKind,
  InsertTextFormat,
  type CompletionItem as LspItem,
  MarkupKind,
  type Position,
} from "vscode-languageserver";
import { completionAt } from "../language/service/completion.ts";
import type { CompletionItem, CompletionKind } from "../language/service/completion-item.ts";
import { rangeOf } from "./ranges.ts";
import type { PolicyModel, Workspace } from "./workspace.ts";

const kinds: Readonly<Record<CompletionKind, CompletionItemKind>> = {
  ability: CompletionItemKind.EnumMember,
  cause: CompletionItemKind.Event,
  fact: CompletionItemKind.Field,
  file: CompletionItemKind.File,
  intent: CompletionItemKind.EnumMember,
  keyword: CompletionItemKind.Keyword,
  let: CompletionItemKind.Variable,
  number: CompletionItemKind.Unit,
  operator: CompletionItemKind.Operator,
  option: CompletionItemKind.Property,
  pool: CompletionItemKind.Enum,
  rule: CompletionItemKind.Reference,
  strategy: CompletionItemKind.Function,
  target: CompletionItemKind.Class,
  value: CompletionItemKind.EnumMember,
  word: CompletionItemKind.Keyword,
};

/** Everything that can stand at a position, the likeliest first; `takesSnippets` is whether the client fills places in. */
export function completion(
  workspace: Workspace,
  model: PolicyModel,
  position: Position,
  takesSnippets: boolean,
): LspItem[] {
  const { document, checked, index, name } = model;
  const { replace, items } = completionAt(
    { parsed: checked.parsed, names: index, libraries: () => workspace.librariesFor(name) },
    document.offsetAt(position),
  );
  const range = rangeOf(document, replace);
  return items.map((item, at) => ({
    label: item.label,
    kind: kinds[item.kind],
    ...(item.detail === undefined ? {} : { detail: item.detail }),
    ...(item.doc === undefined
      ? {}
      : { documentation: { kind: MarkupKind.Markdown, value: item.doc } }),
    // As many digits for each: editors sort these as text.
    sortText: String(at).padStart(5, "0"),
    insertTextFormat:
      takesSnippets && item.isSnippet === true
        ? InsertTextFormat.Snippet
        : InsertTextFormat.PlainText,
    textEdit: { range, newText: takesSnippets ? item.insert : plainText(item) },
  }));
}

/** What a client without snippets inserts: the examples stand where the places would be. */
function plainText({ insert, isSnippet }: CompletionItem): string {
  if (isSnippet !== true) return insert;
  return insert.replaceAll(/\$\{\d+:((?:[^\\}]|\\.)*)\}/g, "$1").replaceAll(/\\(.)/g, "$1");
}
