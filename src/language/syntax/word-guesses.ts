import type { IToken } from "chevrotain";
import { lex } from "../../../grammar/lexer.ts";
import * as t from "../../../grammar/tokens.ts";
import { isKnown, type Repair, type Trouble, type Words } from "./repair.ts";
import { placeOf } from "./token-edits.ts";

/** Tokens that one torn word can have become: `local - gpu`. */
const mostPieces = 3;

const isWord = ({ image, tokenType }: IToken): boolean =>
  tokenType === t.Name || t.keywordOf.has(image);

/** Longest keyword whose letters at the edge of a longer word may be chance: `or` in `author`. */
const shortKeyword = 3;

interface Split {
  readonly text: string;
  /** False when the letters of a short keyword at the edge of an unknown word are all that speaks for it. */
  readonly isLikely: boolean;
}

/** The two words that were run together, likeliest first: one is a keyword, or both are known. */
function splitsOf(word: string, words: Words): Split[] {
  const splits: (Split & { readonly weight: number })[] = [];
  for (let at = 2; at <= word.length - 1; at += 1) {
    const [first, second] = [word.slice(0, at), word.slice(at)];
    const sides = [first, second].map((side) => weigh(side, words));
    const isKeyword = t.keywordOf.has(first) || t.keywordOf.has(second);
    const [left = 0, right = 0] = sides;
    if (left + right === 0 || (!isKeyword && (left === 0 || right === 0))) continue;
    if (!isOneToken(first) || !isOneToken(second)) continue;
    const isLikely = (left > 0 && right > 0) || Math.max(left, right) > shortKeyword;
    splits.push({ text: `${first} ${second}`, isLikely, weight: left + right });
  }
  return splits.toSorted((a, b) => b.weight - a.weight);
}

/** How much a part of a word looks like a word by itself: its length when it is a keyword, a known word or a number. */
function weigh(part: string, words: Words): number {
  const isNumber = /^\d+(?:ms|[smhdkMG%])?$/.test(part);
  return t.keywordOf.has(part) || isNumber || (part.length > 2 && isKnown(words, part))
    ? part.length
    : 0;
}

function isOneToken(text: string): boolean {
  const { tokens } = lex(text);
  return tokens.length === 1 && t.grammarTokens.includes(tokens[0]?.tokenType ?? t.Dot);
}

/** `thenclaude`, `claudefallback gpt`, `reject413`: likely ones, or those that only have a short keyword for them. */
export function* runTogether(
  { tokens, words }: Trouble,
  index: number,
  likely: boolean,
): Generator<Repair> {
  const token = tokens[index];
  if (token?.tokenType !== t.Name) return;
  for (const { text, isLikely } of splitsOf(token.image, words)) {
    if (isLikely !== likely) continue;
    yield {
      code: "P0130",
      message: `\`${token.image}\` is two words`,
      at: [index, index + 1],
      help: `write \`${text}\``,
      edits: [{ from: index, to: index + 1, text }],
      title: `write \`${text}\``,
    };
  }
}

/** `other wise`, `qw en`, `local- gpu`: pieces on one line that make a keyword or a known word. */
export function* tornApart({ text, tokens, words }: Trouble, index: number): Generator<Repair> {
  // Places before the first word would be counted from the last one.
  if (index < 0) return;
  for (let count = 2; count <= mostPieces; count += 1) {
    const pieces = tokens.slice(index, index + count);
    const [first, last] = [pieces[0], pieces.at(-1)];
    if (first === undefined || last === undefined || pieces.length < count) return;
    if (!isWord(first)) return;
    const word = pieces.map(({ image }) => image).join("");
    const written = text.slice(placeOf(first).start, placeOf(last).end);
    if (!/^[\w. \t-]+$/.test(written) || !/[ \t]/.test(written)) continue;
    if (!t.keywordOf.has(word) && !isKnown(words, word)) continue;
    yield {
      code: "P0131",
      message: `\`${written}\` is one word`,
      at: [index, index + count],
      help: `write \`${word}\``,
      edits: [{ from: index, to: index + count, text: word }],
      title: `write \`${word}\``,
    };
  }
}

/** What other languages and plain speech call the words of this one. */
const synonyms: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["when", ["if", "where", "on", "given"]],
  ["if", ["where", "on", "when"]],
  ["while", ["when", "if"]],
  ["with", ["where", "given"]],
  ["using", ["with"]],
  ["from", ["of"]],
  ["in", ["of"]],
  ["for", ["on"]],
  ["per", ["by"]],
  ["unless", ["if not", "when not"]],
  ["do", ["then"]],
  ["route", ["then"]],
  ["default", ["otherwise"]],
  ["otherwise", ["else"]],
  ["always", ["also", "otherwise", "ensure"]],
  ["not", ["never"]],
  ["no", ["not"]],
  ["failover", ["fallback"]],
  ["backup", ["fallback"]],
  ["weighted", ["split"]],
  ["distribute", ["split"]],
  ["spread", ["split"]],
  ["set", ["let", "pool"]],
  ["then", ["expect"]],
  ["group", ["pool"]],
  ["list", ["pool"]],
  ["import", ["use"]],
  ["include", ["use"]],
  ["forbid", ["never"]],
  ["prohibit", ["never"]],
  ["require", ["ensure"]],
  ["assert", ["ensure", "expect"]],
  ["must", ["ensure"]],
  ["should", ["expect"]],
  ["it", ["test"]],
  ["case", ["test", "rule"]],
  ["includes", ["contains"]],
  ["has", ["contains"]],
  ["null", ["unknown"]],
  ["none", ["unknown"]],
  ["nil", ["unknown"]],
  ["undefined", ["unknown"]],
  ["plus", ["+", "and"]],
  ["minus", ["-"]],
  ["times", ["*"]],
  ["equals", ["=", "is"]],
  ["isnt", ["is not", "not"]],
  ["are", ["is"]],
  ["within", ["in"]],
  ["gt", [">"]],
  ["gte", [">="]],
  ["lt", ["<"]],
  ["lte", ["<="]],
  ["eq", ["is"]],
  ["ne", ["is not"]],
  ["neq", ["is not"]],
  ...["deny", "block", "refuse", "drop", "abort", "fail"].map(
    (word) => [word, ["reject"]] as const,
  ),
  ...["const", "var", "def", "define"].map((word) => [word, ["let"]] as const),
]);

/** A word that another language has for a keyword or an operator. */
export function* foreign({ tokens }: Trouble, index: number): Generator<Repair> {
  const token = tokens[index];
  if (token === undefined || !isWord(token)) return;
  for (const text of synonyms.get(token.image.toLowerCase()) ?? []) {
    yield {
      code: /^\w/.test(text) ? "P0103" : "P0117",
      message: `\`${token.image}\` is not ${/^\w/.test(text) ? "a keyword" : "an operator"} here`,
      at: [index, index + 1],
      help: `did you mean \`${text}\`?`,
      edits: [{ from: index, to: index + 1, text }],
      title: `write \`${text}\``,
    };
  }
}
