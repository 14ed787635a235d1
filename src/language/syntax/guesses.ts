import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { editDistance } from "../../diagnostics/suggest.ts";
import { startsLine } from "./leaning.ts";
import { isPlausible, missing, partTypes, placeholders } from "./missing-guesses.ts";
import { isStranger, type Repair, type Trouble } from "./repair.ts";
import { operandDue } from "./statements.ts";
import { foreign, runTogether, tornApart } from "./word-guesses.ts";

/** How far before the error a misspelt keyword may stand: it can pass for a name or an argument for a while. */
const lookBack = 4;

/** Guesses at an error that fits no habit, likeliest first: a misspelt, missing, spare or swapped word. */
export function* guesses(trouble: Trouble): Generator<Repair> {
  const { tokens, index } = trouble;
  const isValue = isValueAt(tokens, index);
  if (isValue) yield* swapped(tokens, index, index);
  if (tokens[index - 1]?.tokenType === t.Comma) yield* spare(tokens, index - 1);
  if (isStrayMark(trouble)) yield* spare(tokens, index);
  for (let back = 0; back <= 2; back += 1) yield* runTogether(trouble, index - back, true);
  for (let back = 0; back <= lookBack; back += 1) {
    // A word that stands nowhere else is a misspelt keyword before anything is missing.
    const word = tokens[index - back]?.image ?? "";
    if (back > 0 && !isStranger(trouble, word)) continue;
    yield* misspelt(tokens, index - back);
    yield* shortSlip(trouble, index - back);
  }
  for (let back = 0; back <= lookBack; back += 1) yield* foreign(trouble, index - back);
  yield* reserved(tokens, index);
  yield* otherBracket(tokens, index);
  yield* missing(trouble);
  for (let back = 1; back <= lookBack; back += 1) {
    yield* misspelt(tokens, index - back);
    yield* shortSlip(trouble, index - back);
  }
  yield* foreign(trouble, strayCondition(tokens, index));
  yield* runTogether(trouble, strayCondition(tokens, index) - 1, true);
  for (let back = 1; back <= 2; back += 1) yield* lostComma(tokens, index - back);
  for (let back = 0; back <= 2; back += 1) yield* runTogether(trouble, index - back, false);
  if (isValue) yield* swapped(tokens, index - 1, index);
  yield* replaced(tokens, index);
  yield* spare(tokens, index);
  yield* swapped(tokens, index, index);
  yield* swapped(tokens, index - 1, index);
  // At the end something is missing; taking the last word out would only move the gap.
  const before = tokens[index - 1]?.tokenType;
  if (
    index < tokens.length &&
    before !== undefined &&
    (before === t.Comma || !operandDue.has(before))
  ) {
    yield* spare(tokens, index - 1);
  }
  yield* placeholders(trouble);
}

/** Guesses that leave little doubt, tried before any habit: a word twice, a torn one, a keyword in capitals. */
export function* certainties(trouble: Trouble): Generator<Repair> {
  const { tokens, index } = trouble;
  for (let back = 0; back <= lookBack; back += 1) yield* doubled(tokens, index - back, back > 0);
  // Lists hold no lists.
  const twice = tokens.findIndex(({ image }, at) => image === "[" && tokens[at - 1]?.image === "[");
  yield* doubled(tokens, twice, false);
  for (let back = 0; back <= lookBack; back += 1) {
    yield* tornApart(trouble, index - back);
    yield* capitals(tokens, index - back);
  }
}

/** `expect claude rule "x"`: what is expected, without the comma before it. */
function* lostComma(tokens: readonly IToken[], index: number): Generator<Repair> {
  const token = tokens[index];
  if (token === undefined || index < 2 || tokens[0]?.tokenType !== t.Test) return;
  yield {
    code: "P0104",
    message: `\`,\` is missing before \`${token.image}\``,
    at: [index, index + 1],
    help: `put \`,\` after \`${tokens[index - 1]?.image}\``,
    edits: [{ from: index, to: index, text: "," }],
    title: "put `,` in",
  };
}

/** A full stop, or a comma or colon that ends a line: nothing of the language ends with one. */
function isStrayMark({ text, tokens, index }: Trouble): boolean {
  const token = tokens[index];
  if (token?.tokenType === t.Dot) return true;
  if (token?.tokenType !== t.Comma && token?.tokenType !== t.Colon) return false;
  return index + 1 >= tokens.length || startsLine(text, tokens, index + 1);
}

/** The last `if` or `when` before the error, which may have been meant for another word; -1 for none. */
function strayCondition(tokens: readonly IToken[], index: number): number {
  return tokens.findLastIndex(
    ({ tokenType }, at) => at < index && (tokenType === t.If || tokenType === t.When),
  );
}

/** The same word or symbol twice, which is a slip before it is anything else. */
function* doubled(tokens: readonly IToken[], index: number, onlyWords: boolean): Generator<Repair> {
  const [before, token] = [tokens[index - 1], tokens[index]];
  if (token === undefined || before?.image !== token.image) return;
  if (!onlyWords || /^[\w"$]/.test(token.image)) yield* spare(tokens, index);
}

const signs: ReadonlySet<TokenType> = new Set([t.Plus, t.Minus, t.Times, t.Not]);

function* spare(tokens: readonly IToken[], index: number): Generator<Repair> {
  const token = tokens[index];
  if (token === undefined) return;
  const isDoubled = tokens[index - 1]?.image === token.image;
  // A sign taken away would change a value.
  if (signs.has(token.tokenType) && !isDoubled) return;
  // What is due before it is missing: without it, a cause would become a target.
  const before = tokens[index - 1]?.tokenType;
  const isDue = before !== undefined && before !== t.Comma && operandDue.has(before);
  if (isDue && !isDoubled && partTypes.has(token.tokenType)) return;
  yield {
    code: "P0105",
    message: isDoubled
      ? `\`${token.image}\` stands here twice`
      : `\`${token.image}\` is one ${/^\w/.test(token.image) ? "word" : "symbol"} too many`,
    at: [index, index + 1],
    help: "take it out",
    edits: [{ from: index, to: index + 1, text: "" }],
    title: `take \`${token.image}\` out`,
  };
}

function slips(word: string, keyword: string): number {
  const swapped =
    keyword.length === 2 && word.length === 2 && word[0] === keyword[1] && word[1] === keyword[0];
  if (word.length < 3) return swapped ? 1 : Number.POSITIVE_INFINITY;
  const distance = editDistance(word, keyword);
  return distance <= (Math.min(word.length, keyword.length) <= 4 ? 1 : 2)
    ? distance
    : Number.POSITIVE_INFINITY;
}

/** One slip in a keyword of two or three letters, of which most words are one slip away: only for words unknown here. */
function* shortSlip(trouble: Trouble, index: number): Generator<Repair> {
  const token = trouble.tokens[index];
  if (token === undefined || token.image.length > 3) return;
  const isKeyword = t.keywordOf.has(token.image);
  if (!isKeyword && (token.tokenType !== t.Name || !isStranger(trouble, token.image))) return;
  for (const text of t.keywordOf.keys()) {
    if (text.length > 3 || editDistance(token.image, text) !== 1) continue;
    yield {
      code: "P0103",
      message: `\`${token.image}\` is not a keyword here`,
      at: [index, index + 1],
      help: `did you mean \`${text}\`?`,
      edits: [{ from: index, to: index + 1, text }],
      title: `write \`${text}\``,
    };
  }
}

/** Keywords that a word may have been meant for, nearest first. */
export function nearKeywords(word: string): string[] {
  return [...t.keywordOf.keys()]
    .map((keyword) => ({ keyword, distance: slips(word, keyword) }))
    .filter(({ distance }) => Number.isFinite(distance) && distance > 0)
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ keyword }) => keyword);
}

function* capitals(tokens: readonly IToken[], index: number): Generator<Repair> {
  const token = tokens[index];
  const lower = token?.image.toLowerCase() ?? "";
  if (token?.tokenType !== t.Name || lower === token.image || !t.reservedWords.has(lower)) return;
  yield {
    code: "P0106",
    message: "keywords are written in lower case",
    at: [index, index + 1],
    help: `write \`${lower}\``,
    edits: [{ from: index, to: index + 1, text: lower }],
    title: `write \`${lower}\``,
  };
}

function* misspelt(tokens: readonly IToken[], index: number): Generator<Repair> {
  const token = tokens[index];
  const isKeyword = token !== undefined && t.keywordOf.has(token.image);
  if (token === undefined || (token.tokenType !== t.Name && !isKeyword)) return;
  const lower = token.image.toLowerCase();
  const change = (text: string): Pick<Repair, "at" | "edits" | "title"> => ({
    at: [index, index + 1],
    edits: [{ from: index, to: index + 1, text }],
    title: `write \`${text}\``,
  });
  for (const keyword of nearKeywords(lower)) {
    yield {
      code: "P0103",
      message: `\`${token.image}\` is not a keyword here`,
      help: `did you mean \`${keyword}\`?`,
      ...change(keyword),
    };
  }
}

function* reserved(tokens: readonly IToken[], index: number): Generator<Repair> {
  const token = tokens[index];
  const before = tokens[index - 1];
  if (token === undefined || before === undefined || !t.keywordOf.has(token.image)) return;
  if (!operandDue.has(before.tokenType) || partTypes.has(token.tokenType)) return;
  yield {
    code: "P0107",
    message: `\`${token.image}\` is a word of the language`,
    at: [index, index + 1],
    label: "a name or a value belongs here",
    help: `quote it to mean the text: "${token.image}"`,
    edits: [{ from: index, to: index + 1, text: `"${token.image}"` }],
    title: "put it in double quotes",
  };
}

const pairs: readonly (readonly [string, string])[] = [
  ["[", "]"],
  ["(", ")"],
];

/** Where the bracket that is open at an index was opened; -1 for none. */
function openBefore(tokens: readonly IToken[], index: number): number {
  let closed = 0;
  for (let at = Math.min(index, tokens.length - 1); at >= 0; at -= 1) {
    const { tokenType } = tokens[at] as IToken;
    const opens = tokenType === t.LeftBracket || tokenType === t.LeftParenthesis;
    if (opens && closed === 0) return at;
    if (opens) closed -= 1;
    else if (at < index && (tokenType === t.RightBracket || tokenType === t.RightParenthesis)) {
      closed += 1;
    }
  }
  return -1;
}

/** `[a, b)`, `(a, b]`, `supports[tools]`: a bracket of the other kind on one side or on both. */
function* otherBracket(tokens: readonly IToken[], index: number): Generator<Repair> {
  const open = openBefore(tokens, index);
  const close = tokens.findIndex(
    ({ image }, at) => at > open && at >= index && (image === "]" || image === ")"),
  );
  const [first, last] = [tokens[open], tokens[close]];
  if (first === undefined || last === undefined) return;
  for (const [left, right] of pairs) {
    const sides = [
      { at: open, is: first.image, text: left },
      { at: close, is: last.image, text: right },
    ].filter(({ is, text }) => is !== text);
    const wrong = sides[0];
    if (wrong === undefined) continue;
    const written = sides.map(({ is }) => `\`${is}\``).join(" and ");
    const meant = sides.map(({ text }) => `\`${text}\``).join(" and ");
    yield {
      code: "P0101",
      message: `${written} cannot stand here`,
      at: [wrong.at, wrong.at + 1],
      help: `did you mean ${meant}?`,
      edits: sides.map(({ at, text }) => ({ from: at, to: at + 1, text })),
      title: `write ${meant}`,
    };
  }
}

const replacements: readonly string[] = [
  ":",
  "=",
  ",",
  "or",
  "and",
  "in",
  "is",
  "..",
  "then",
  "of",
];

function* replaced(tokens: readonly IToken[], index: number): Generator<Repair> {
  const token = tokens[index];
  if (token === undefined || token.tokenType === t.Name) return;
  for (const text of replacements) {
    if (!isPlausible(text, tokens, index)) continue;
    yield {
      code: "P0101",
      message: `\`${token.image}\` cannot stand here`,
      at: [index, index + 1],
      help: `did you mean \`${text}\`?`,
      edits: [{ from: index, to: index + 1, text }],
      title: `write \`${text}\``,
    };
  }
}

/** Texts and numbers: taking one out would lose what was said with it. */
function isValueAt(tokens: readonly IToken[], index: number): boolean {
  return /^["$\d]/.test(tokens[index]?.image ?? "");
}

/** The tokens from `from` to `to`, each with the one behind it. */
function* swapped(tokens: readonly IToken[], from: number, to: number): Generator<Repair> {
  for (let start = to; start >= from; start -= 1) {
    const [first, second] = [tokens[start], tokens[start + 1]];
    if (first === undefined || second === undefined) continue;
    yield {
      code: "P0101",
      message: `\`${first.image}\` and \`${second.image}\` stand the wrong way round`,
      at: [start, start + 2],
      help: `write \`${second.image} ${first.image}\``,
      edits: [{ from: start, to: start + 2, text: `${second.image} ${first.image}` }],
      title: "exchange the two",
    };
  }
}
