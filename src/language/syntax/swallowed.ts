import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { editDistance } from "../../diagnostics/suggest.ts";
import { nearKeywords } from "./guesses.ts";

/** Words that begin a part of a rule or a test, and that a slip would turn into one more argument of the option before. */
const partWords: ReadonlySet<string> = new Set([
  ...["else", "fallback", "otherwise", "rule", "with", "then", "given", "expect"],
]);

/** Words that begin what a test expects, beside targets and options. */
const expectations: ReadonlySet<string> = new Set(["rule", "reject", "never"]);

/** Index of an option's argument that is a slip away from a keyword, and no word that is known; null when there is none. */
export function swallowedKeyword(
  tokens: readonly IToken[],
  vocabulary: ReadonlySet<string>,
): number | null {
  let part: Part = "other";
  for (const [index, token] of tokens.entries()) {
    part = partAfter(part, token);
    if (part === "other" || token.tokenType !== t.Name) continue;
    const isPath = part === "expectations" && token.image.includes(".");
    if (vocabulary.has(token.image) && !isPath) continue;
    const isFirst = firsts.has(tokens[index - 1]?.tokenType);
    // What a fact of a target is compared with begins with no word: the operator is misspelt.
    const isFact = isFirst && part === "expectations" && token.image.includes(".");
    if (isFact && tokens[index + 1]?.tokenType === t.Name) return index + 1;
    const isSlip = isFirst
      ? part === "expectations" && isNearExpectation(tokens, index)
      : isNearPart(tokens, index);
    if (isSlip) return index;
  }
  return null;
}

/** What the tokens are part of: options behind `with`, what a test expects, or anything else. */
type Part = "options" | "expectations" | "other";

function partAfter(part: Part, token: IToken): Part {
  if (token.tokenType === t.With) return "options";
  if (token.tokenType === t.Expect) return "expectations";
  if (part === "options") return isInsideOption(token) ? part : "other";
  return statements.has(token.tokenType) ? "other" : part;
}

/** What stands before the first word of an option, or before the key behind `by`. */
const firsts: ReadonlySet<TokenType | undefined> = new Set([t.With, t.Comma, t.By, t.Expect]);

const statements: ReadonlySet<TokenType> = new Set([
  ...[t.Given, t.If, t.Let, t.Pool, t.Test, t.Also, t.Ensure, t.Use, t.Then],
]);

function isInsideOption({ image, tokenType }: IToken): boolean {
  return tokenType === t.By || tokenType === t.Or || !t.keywordOf.has(image);
}

/** Whether a word is near a keyword, or becomes one with the word behind it: `fall back`. */
function isNearPart(tokens: readonly IToken[], index: number): boolean {
  const word = tokens[index]?.image ?? "";
  const lower = word.toLowerCase();
  if (partWords.has(lower) || partWords.has(word + (tokens[index + 1]?.image ?? ""))) return true;
  return nearKeywords(lower).some(
    (keyword) => partWords.has(keyword) && (keyword !== "expect" || isOneSlip(lower, keyword)),
  );
}

/** `exact` is two slips from `expect`, and a word of an option. */
function isOneSlip(word: string, keyword: string): boolean {
  return editDistance(word, keyword) === 1;
}

/** `expect ruel "title"`, `expect r ule "title"`. */
function isNearExpectation(tokens: readonly IToken[], index: number): boolean {
  const [word, next] = [tokens[index]?.image ?? "", tokens[index + 1]];
  if (next?.tokenType !== t.Name && next?.tokenType !== t.Text && next?.tokenType !== t.Decimal) {
    return false;
  }
  if (expectations.has(word + next.image)) return true;
  const lower = word.toLowerCase();
  return expectations.has(lower) || nearKeywords(lower).some((each) => expectations.has(each));
}
