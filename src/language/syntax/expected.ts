import type { IToken } from "chevrotain";
import { lex } from "../../../grammar/lexer.ts";
import type { Budget } from "./token-edits.ts";

/** One token of each class that may be expected, with what it is called. */
const samples: readonly (readonly [string, string])[] = [
  ...["then", "else", "fallback", "with", "on", "of", "where", "and", "or", "is", "in"].map(word),
  ...["if", "rule", "not", "unknown", "matches", "contains", "by", "reject", "otherwise"].map(word),
  ...[":", "=", ",", ")", "]", "(", "[", "..", "<"].map(word),
  ["name", "a name"],
  ["1", "a number"],
  ["1%", "a percentage"],
  ['"x"', "a text in double quotes"],
  ["/x/", "a pattern"],
  ["00:00", "a time of day"],
];

function word(text: string): readonly [string, string] {
  return [text, `\`${text}\``];
}

/** Longest beginning of a statement for which what may follow is worked out. */
const longestBeginning = 400;

/**
 * What may stand at the end of these tokens, for people: found by trying, because a parser's own list lacks whatever is
 * optional. Null when nothing may, or when it would take too long.
 */
export function expectedAfter(tokens: readonly IToken[], budget: Budget): string | null {
  if (tokens.length > longestBeginning || budget.isSpent) return null;
  const fits = new Set(
    samples.flatMap(([text, label]) => {
      const index = budget.errorIndex([...tokens, ...lex(text).tokens]);
      return index === null || index > tokens.length ? [label] : [];
    }),
  );
  const labels = summarise(fits);
  if (labels.length === 0) return null;
  const shown = labels.slice(0, 7);
  return shown.length === 1 ? `${shown[0]}` : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
}

function summarise(fits: ReadonlySet<string>): string[] {
  const isValue = fits.has("a name") && fits.has("a number") && fits.has("`(`");
  if (isValue) return [fits.has("`not`") && !fits.has("`unknown`") ? "a condition" : "a value"];
  const isTarget =
    fits.has("a name") && fits.has("a text in double quotes") && !fits.has("a number");
  if (!isTarget) return [...fits];
  return ["a target", ...[...fits].filter((label) => label.startsWith("`"))];
}
