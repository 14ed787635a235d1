import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { editDistance } from "../../diagnostics/suggest.ts";
import { placeOf } from "./token-edits.ts";

/** Words that begin a statement wherever they stand; `if` and `intent` are words of other things too. */
export const heads: ReadonlySet<TokenType> = new Set([
  ...[t.Policy, t.Use, t.Let, t.Pool, t.Rule, t.Otherwise],
  ...[t.Also, t.Never, t.Ensure, t.Test],
]);

/** Whether a token begins a line, or the file. */
export function startsLine(text: string, tokens: readonly IToken[], index: number): boolean {
  const [before, token] = [tokens[index - 1], tokens[index]];
  if (before === undefined || token === undefined) return true;
  return /[\n\r]/.test(text.slice(placeOf(before).end, placeOf(token).start));
}

/** Whether a token begins a line without any space before it, as statements do and their parts do not. */
export function startsColumn(text: string, tokens: readonly IToken[], index: number): boolean {
  const token = tokens[index];
  if (token === undefined || !startsLine(text, tokens, index)) return false;
  return !/[ \t]/.test(text.charAt(placeOf(token).start - 1));
}

/**
 * Whether a statement begins with a token that begins none by itself: the head behind it is swapped with it, misspelt, torn
 * or left out.
 */
export function isLeaning(text: string, tokens: readonly IToken[], index: number): boolean {
  const [type, next, second] = [0, 1, 2].map((by) => tokens[index + by]?.tokenType);
  if (type === t.Text && next === t.Rule && second === t.Colon) return true;
  if (!startsLine(text, tokens, index)) return false;
  if (type === t.Text && (next === t.Given || next === t.Expect)) return true;
  if (type === t.Name && (next === t.If || (next === t.Name && second === t.If))) {
    return isBeforeIf(text, tokens, index);
  }
  // `not claude when …`: a guard by another word.
  if (type === t.Not) return startsColumn(text, tokens, index);
  if (next === undefined || !heads.has(next) || next === t.Rule) return false;
  const isWord = type === t.Name || type === t.Text || type === t.Reject;
  return isWord && !startsLine(text, tokens, index + 1);
}

/** `alo if …`, `a lso if …`, `always if …`: what stands for `also`; what stands for `else` belongs to the rule before it. */
function isBeforeIf(text: string, tokens: readonly IToken[], index: number): boolean {
  const token = tokens[index];
  if (token === undefined || isNearElse(token)) return false;
  const at = tokens[index + 1]?.tokenType === t.If ? index + 1 : index + 2;
  if (startsLine(text, tokens, at)) return false;
  return startsColumn(text, tokens, index) || distanceTo(token.image, "also") <= 2;
}

/** Whether a word is nearly `else`, and not nearer to `also`. */
export function isNearElse({ image }: IToken): boolean {
  const distance = distanceTo(image, "else");
  return distance <= 2 && distance <= distanceTo(image, "also");
}

function distanceTo(image: string, keyword: string): number {
  return editDistance(image.toLowerCase(), keyword);
}
