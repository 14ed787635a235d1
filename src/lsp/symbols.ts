import { type DocumentSymbol, SymbolKind } from "vscode-languageserver";
import { outlineOf } from "../language/service/outline.ts";
import type { Statement } from "../language/syntax/ast.ts";
import { rangeOf } from "./ranges.ts";
import type { PolicyModel } from "./workspace.ts";

const kinds: Readonly<Record<Statement["kind"], SymbolKind>> = {
  policy: SymbolKind.Constant,
  use: SymbolKind.Module,
  let: SymbolKind.Variable,
  pool: SymbolKind.Enum,
  intent: SymbolKind.EnumMember,
  rule: SymbolKind.Function,
  otherwise: SymbolKind.Function,
  also: SymbolKind.Property,
  never: SymbolKind.Interface,
  ensure: SymbolKind.Interface,
  test: SymbolKind.Method,
};

/** The outline of a policy. */
export function symbols({ document, checked }: PolicyModel): DocumentSymbol[] {
  return outlineOf(checked.parsed).map(({ title, kind, span, selection }) => ({
    name: title,
    kind: kinds[kind],
    range: rangeOf(document, span),
    selectionRange: rangeOf(document, selection),
  }));
}
