import type { IToken } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { nearKeywords } from "./guesses.ts";

/** Words that begin a part of a rule, and that a slip would turn into one more argument of the option before. */
const partWords: ReadonlySet<string> = new Set([
  ...["else", "fallback", "otherwise", "rule", "with", "then"],
]);

/** Words that options are made of: none of them is a slip. */
const argumentWords: ReadonlySet<string> = new Set(
  `after once exact semantic above within for cache at most unsupported high normal low flex to per
  second minute hour day week month requests tokens wait`.split(/\s+/),
);

/** Index of an option's argument that is a slip away from a keyword; null when there is none. */
export function swallowedKeyword(tokens: readonly IToken[]): number | null {
  let isOption = false;
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token === undefined) break;
    if (token.tokenType === t.With) isOption = true;
    if (!isOption) continue;
    if (token.tokenType === t.Name) {
      if (isArgument(tokens[index - 1]) && isNearPart(token.image)) return index;
    } else if (token.tokenType !== t.With && !isInsideOption(token)) isOption = false;
  }
  return null;
}

function isArgument(before: IToken | undefined): boolean {
  const type = before?.tokenType;
  return type !== t.With && type !== t.Comma && type !== t.By;
}

function isInsideOption({ image, tokenType }: IToken): boolean {
  return tokenType === t.By || tokenType === t.Or || !t.keywordOf.has(image);
}

function isNearPart(word: string): boolean {
  const lower = word.toLowerCase();
  if (argumentWords.has(lower)) return false;
  return partWords.has(lower) || nearKeywords(lower).some((keyword) => partWords.has(keyword));
}
