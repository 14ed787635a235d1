import type { IToken } from "chevrotain";
import { causes } from "../../protocol/cause.ts";
import { askedBehind } from "../checker/asked.ts";
import { type Asked, shownName } from "../checker/option-arguments.ts";
import { type OptionEntry, optionTable } from "../checker/option-table.ts";
import { strategies } from "../checker/routes.ts";
import { settableFields } from "../checker/set-option.ts";
import type { AstOption, Literal, Name } from "../syntax/ast.ts";
import { numberLiteral, spanOfToken, textLiteral, wordName } from "../syntax/build-parts.ts";
import { factItems, targetItems } from "./complete-names.ts";
import { numberItems } from "./complete-values.ts";
import { type CompletionItem, plainItem, snippetItem } from "./completion-item.ts";
import type { Names } from "./name-meaning.ts";
import { causeDocs, keywordDocs, retryableDoc, strategyDocs } from "./word-docs.ts";

/** Statements written out, by the rule of the grammar that their keyword begins. */
const statements: Readonly<Record<string, string>> = {
  arm: "if «condition» then «target»",
  rule: 'rule "«name»":\n  if «condition» then «target»',
  otherwise: "otherwise «target»",
  also: "also if «condition» with «option»",
  never: "never «target» when «condition»",
  ensure: "ensure «every plan has fallback»",
  trial: 'test "«name»"\n  given «tokens 100»\n  expect «target»',
  definition: "let «name» = «condition»",
  pool: "pool «name» = «target»",
  intent: 'intent «name» contains "«text»"',
  use: 'use "«file»"',
  version: "policy 1",
};

/** A reserved word; one that begins a statement brings the rest of it. */
export function keywordItem(word: string, startsStatement: string | null): CompletionItem {
  const form = startsStatement === null ? undefined : statements[startsStatement];
  const doc = keywordDocs.get(word) ?? "";
  return form === undefined
    ? plainItem("keyword", word, { doc })
    : snippetItem("keyword", word, form, { doc });
}

export function strategyItems(): readonly CompletionItem[] {
  return strategies.map((name) => ({
    ...plainItem("strategy", name, { detail: "of …", doc: strategyDocs[name] }),
    insert: `${name} of `,
  }));
}

export function causeItems(): readonly CompletionItem[] {
  const items = causes.map((name) => plainItem("cause", name, { doc: causeDocs[name] }));
  return [plainItem("cause", "retryable", { doc: retryableDoc }), ...items];
}

/** The options, written out to be filled in; only their names for `every plan has …`. */
export function optionItems(form: "whole" | "name" = "whole"): readonly CompletionItem[] {
  return optionTable.map((entry: OptionEntry) => {
    const { usage, doc } = entry;
    const word = shownName(entry.word);
    const beside = { detail: usage, doc };
    if (form === "name") return plainItem("option", word, beside);
    return snippetItem("option", word, formOf(usage), beside);
  });
}

/** A usage whose values are to be filled in: numbers and texts, and the words behind `to`, `by` and `per`. */
function formOf(usage: string): string {
  return usage.replaceAll(
    /(?<= )[$\d"]\S*|(?<= (?:to|by|per|priority|set temperature) )\S+/g,
    "«$&»",
  );
}

/** What may stand behind an option and its arguments so far. */
export function argumentItems(
  names: Names,
  [head, ...written]: readonly IToken[],
  typed: string,
): readonly CompletionItem[] {
  if (head === undefined) return [];
  const name: Name = { ...wordName("", head), text: head.image.replaceAll("_", "-") };
  if (name.text === "set") return settingItems(written);
  const before = written.at(-1)?.image;
  if (before === "by") return factItems(names, "key");
  const args = written.map(argumentOf);
  const option: AstOption = { name, arguments: args, when: null, span: name.span };
  return askedBehind(option, names.vocabulary).flatMap((asked) => askedItems(names, asked, typed));
}

function askedItems(names: Names, asked: Asked, typed: string): readonly CompletionItem[] {
  if (asked.kind === "word") {
    return asked.words.map((word) => plainItem("word", word, wordDoc(word)));
  }
  return asked.kind === "name" ? targetItems(names, "share") : numberItems(asked.kind, typed);
}

function wordDoc(word: string): Pick<CompletionItem, "doc"> {
  const doc = keywordDocs.get(word);
  return doc === undefined ? {} : { doc };
}

function settingItems([field, value]: readonly IToken[]): readonly CompletionItem[] {
  if (field === undefined) {
    return settableFields().map(({ name }) => plainItem("word", name));
  }
  const values =
    settableFields().find(({ name }) => name === field.image.replaceAll("-", "_"))?.values ?? [];
  return value === undefined ? values.map((each) => plainItem("value", each)) : [];
}

function argumentOf(token: IToken): Name | Literal {
  const { name } = token.tokenType;
  if (name === "Text") return textLiteral("", token);
  return /^[\d$]/.test(token.image)
    ? numberLiteral("", token)
    : { text: token.image, quoted: false, span: spanOfToken("", token) };
}
