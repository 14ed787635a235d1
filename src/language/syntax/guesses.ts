import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { editDistance } from "../../diagnostics/suggest.ts";
import type { Repair, Trouble } from "./repair.ts";
import { operandDue, startsLine } from "./statements.ts";
import { foreign, mostPieces, runTogether, tornApart } from "./word-guesses.ts";

/** How far before the error a misspelt keyword may stand: it can pass for a name or an argument for a while. */
const lookBack = 4;

/** Guesses at an error that fits no habit, likeliest first: a doubled, misspelt, missing, spare or swapped word. */
export function* guesses(trouble: Trouble): Generator<Repair> {
  const { tokens, index } = trouble;
  yield* doubled(tokens, index);
  if (tokens[index - 1]?.tokenType === t.Comma) yield* spare(tokens, index - 1);
  for (let back = 0; back < mostPieces; back += 1) yield* tornApart(trouble, index - back);
  for (let back = 0; back <= 2; back += 1) yield* runTogether(trouble, index - back, true);
  yield* misspelt(tokens, index);
  for (let back = 0; back <= lookBack; back += 1) yield* foreign(trouble, index - back);
  yield* reserved(tokens, index);
  yield* missing(trouble);
  for (let back = 1; back <= lookBack; back += 1) yield* misspelt(tokens, index - back);
  for (let back = 0; back <= 2; back += 1) yield* runTogether(trouble, index - back, false);
  yield* replaced(tokens, index);
  yield* spare(tokens, index);
  yield* swapped(tokens, index);
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

function* doubled(tokens: readonly IToken[], index: number): Generator<Repair> {
  const [before, token] = [tokens[index - 1], tokens[index]];
  if (token !== undefined && before?.image === token.image) yield* spare(tokens, index);
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
  const swapped = word.length === 2 && word[0] === keyword[1] && word[1] === keyword[0];
  if (word.length < 3) return swapped ? 1 : Number.POSITIVE_INFINITY;
  const distance = editDistance(word, keyword);
  return distance <= (Math.min(word.length, keyword.length) <= 4 ? 1 : 2)
    ? distance
    : Number.POSITIVE_INFINITY;
}

/** Keywords that a word may have been meant for, nearest first. */
export function nearKeywords(word: string): string[] {
  return [...t.keywordOf.keys()]
    .map((keyword) => ({ keyword, distance: slips(word, keyword) }))
    .filter(({ distance }) => Number.isFinite(distance) && distance > 0)
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ keyword }) => keyword);
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
  if (lower !== token.image && t.reservedWords.has(lower)) {
    yield {
      code: "P0106",
      message: `keywords are written in lower case`,
      help: `write \`${lower}\``,
      ...change(lower),
    };
  }
  for (const keyword of nearKeywords(lower)) {
    yield {
      code: "P0103",
      message: `\`${token.image}\` is not a keyword here`,
      help: `did you mean \`${keyword}\`?`,
      ...change(keyword),
    };
  }
}

/** Words that go on with a rule: before them something is missing, and they are no value. */
const partTypes: ReadonlySet<TokenType> = new Set([
  ...[t.Then, t.Else, t.Fallback, t.With, t.On, t.If, t.Otherwise, t.And, t.Or],
]);

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

const strategies: ReadonlySet<string> = new Set([
  ...["cheapest", "fastest", "best", "least-busy", "least_busy", "any"],
]);

const missingWords: readonly string[] = [
  ...["then", ":", "=", ")", "]", ",", "if", "of", "is", "in", "and", "or", "fallback", "with"],
  ...["on", "by", "..", "else", "[", "(", "rule", "otherwise", "let", "pool"],
];

/** Words that would parse in places where nobody means them. */
function isPlausible(text: string, tokens: readonly IToken[], index: number): boolean {
  const [head, before] = [tokens[index - 2]?.tokenType, tokens[index - 1]];
  if (text === "of") return strategies.has(before?.image ?? "");
  if (text === "=") return head === t.Let || head === t.Pool;
  return text !== "otherwise" || tokens.length > 1;
}

function operatorMissing(token: IToken, index: number): Repair {
  return {
    code: "P0104",
    message: `an operator is missing before \`${token.image}\``,
    at: [index, index + 1],
    help: "compare with `<`, `<=`, `>`, `>=`, `is`, `is not` or `in`",
    edits: [{ from: index, to: index, text: "is" }],
    title: null,
  };
}

/** Where something is missing: before a token, or behind the one before it when that ends its line. */
function gapAt({ text, tokens, index }: Trouble): { at: Repair["at"]; label?: string } {
  const endsLine = index > 0 && startsLine(text, tokens, index);
  const isEnd = index >= tokens.length;
  if (!endsLine && !isEnd) return { at: [index, index + 1] };
  return { at: [index - 1, index], ...(isEnd ? {} : { label: "after this" }) };
}

function* missing(trouble: Trouble): Generator<Repair> {
  const { tokens, index } = trouble;
  const [before, token] = [tokens[index - 1], tokens[index]];
  const gap = gapAt(trouble);
  for (const text of missingWords) {
    if (!isPlausible(text, tokens, index)) continue;
    // A list or a time can only be looked into.
    const isSet = token?.tokenType === t.LeftBracket || token?.tokenType === t.TimeOfDay;
    if (text === "is" && isSet) continue;
    if (text === "is" && token !== undefined && token.tokenType !== t.Name) {
      yield operatorMissing(token, index);
      continue;
    }
    const place = token === undefined ? "at the end" : `before \`${token.image}\``;
    yield {
      code: "P0104",
      message: `\`${text}\` is missing ${place}`,
      ...gap,
      help:
        before === undefined
          ? `begin with \`${text}\``
          : `put \`${text}\` after \`${before.image}\``,
      edits: [{ from: index, to: index, text }],
      title: `put \`${text}\` in`,
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

function* swapped(tokens: readonly IToken[], index: number): Generator<Repair> {
  for (const start of [index, index - 1]) {
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

/** What may be put in only to read on: that something is missing is sure, what it is is not. */
const placeholderTexts: readonly (readonly [string, string])[] = [
  ["x", "a name or a value"],
  ["x < 1", "a condition"],
  ["x < 1 then x", "a condition, `then` and a target"],
  ["then x", "`then` and a target"],
  ["1%", "a share"],
  ["0", "a number"],
  ['"x"', "a text in double quotes"],
  ["/x/", "a pattern"],
  ["00:00", "a time of day"],
];

function* placeholders(trouble: Trouble): Generator<Repair> {
  const { tokens, index } = trouble;
  const { at } = gapAt(trouble);
  const [before, token] = [tokens[index - 1], tokens[index]];
  for (const [text, what] of placeholderTexts) {
    const after = before === undefined ? "" : ` after \`${before.image}\``;
    const place = token === undefined ? after : `${after} and before \`${token.image}\``;
    yield {
      code: token === undefined ? "P0102" : "P0104",
      message: `missing ${what}${place}`,
      at,
      edits: [{ from: index, to: index, text }],
      missing: place,
      title: null,
    };
  }
}
