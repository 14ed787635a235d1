import {
  type Range,
  type SemanticTokens,
  SemanticTokensBuilder,
  type SemanticTokensLegend,
} from "vscode-languageserver";
import { classify, type TokenClass } from "../language/service/token-classes.ts";
import type { PolicyModel } from "./workspace.ts";

/** Types that every editor has colours for. */
const types: Readonly<Record<TokenClass, string>> = {
  cause: "event",
  comment: "comment",
  fact: "property",
  keyword: "keyword",
  let: "variable",
  number: "number",
  operator: "operator",
  option: "parameter",
  pattern: "regexp",
  pool: "enum",
  strategy: "function",
  target: "class",
  text: "string",
  value: "enumMember",
};

const typeNames = Object.values(types);

export const semanticLegend: SemanticTokensLegend = { tokenTypes: typeNames, tokenModifiers: [] };

/** The colours of a policy, or of a part of it. */
export function semanticTokens(
  { document, checked, index }: PolicyModel,
  range: Range | null = null,
): SemanticTokens {
  const builder = new SemanticTokensBuilder();
  const from = range === null ? 0 : document.offsetAt(range.start);
  const to = range === null ? document.getText().length : document.offsetAt(range.end);
  for (const { start, end, class: kind } of classify(checked.parsed, index)) {
    if (end < from || start > to) continue;
    const { line, character } = document.positionAt(start);
    builder.push(line, character, end - start, typeNames.indexOf(types[kind]), 0);
  }
  return builder.build();
}
