import type { IToken } from "chevrotain";
import type {
  FactCstChildren,
  QuantityCstChildren,
  TargetCstNode,
} from "../../../grammar/generated/cst.ts";
import { BugError } from "../../base/assert.ts";
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Literal, Name } from "./ast.ts";
import { readText } from "./escapes.ts";

/** The only element of a list that the grammar guarantees; a BugError when the tree does not fit the grammar. */
export function only<T>(list: readonly (T | undefined)[] | undefined): T {
  const first = list?.[0];
  if (first === undefined) throw new BugError("the tree lacks a part that the grammar demands");
  return first;
}

/** Where a token ends, exclusive. */
export function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

export function spanOfToken(file: string, token: IToken): Span {
  return { file, start: token.startOffset, end: endOf(token) };
}

/** The span from the first of two parts to the end of the second. */
export function cover(first: { readonly span: Span }, last: { readonly span: Span }): Span {
  return { file: first.span.file, start: first.span.start, end: last.span.end };
}

/** A word as a name. */
export function wordName(file: string, token: IToken): Name {
  return { text: token.image, quoted: false, span: spanOfToken(file, token) };
}

export function textLiteral(file: string, token: IToken): Literal {
  return { kind: "string", text: readText(token.image), span: spanOfToken(file, token) };
}

/** `/…/` without its slashes. */
export function patternLiteral(file: string, token: IToken): Literal {
  return { kind: "regex", pattern: token.image.slice(1, -1), span: spanOfToken(file, token) };
}

export function booleanLiteral(file: string, token: IToken): Literal {
  return { kind: "boolean", value: token.image === "true", span: spanOfToken(file, token) };
}

type NumberUnit = Extract<Literal, { kind: "number" }>["unit"];

const units: Readonly<Record<keyof QuantityCstChildren, NumberUnit>> = {
  Decimal: "none",
  Scaled: "scale",
  Percent: "percent",
  Duration: "duration",
  Money: "money",
  Price: "price",
};

const quantityTypes = ["Decimal", "Scaled", "Percent", "Duration", "Money", "Price"] as const;

/** A number with the unit that its token's class has. */
export function numberLiteral(file: string, token: IToken): Literal {
  const unit = units[token.tokenType.name as keyof QuantityCstChildren];
  return { kind: "number", raw: token.image, unit, span: spanOfToken(file, token) };
}

export function quantityLiteral(file: string, children: QuantityCstChildren): Literal {
  for (const type of quantityTypes) {
    const token = children[type]?.[0];
    if (token !== undefined) return numberLiteral(file, token);
  }
  throw new BugError("a quantity without a number");
}

/** A target as a word, or as a text in quotes. */
export function targetName(file: string, node: TargetCstNode): Name {
  const { Name: word, Text: text } = node.children;
  if (word?.[0] !== undefined) return wordName(file, word[0]);
  const quoted = only(text);
  return { text: readText(quoted.image), quoted: true, span: spanOfToken(file, quoted) };
}

/** A fact, `intent` included; `header."3x"` is the name `header.3x`. */
export function factName(file: string, children: FactCstChildren): Name {
  const head = children.Intent?.[0] ?? only(children.Name);
  const tail = children.Text?.[0];
  if (tail === undefined) return wordName(file, head);
  const span = { file, start: head.startOffset, end: endOf(tail) };
  return { text: `${head.image}.${readText(tail.image)}`, quoted: false, span };
}
