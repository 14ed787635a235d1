import type { TokenType } from "chevrotain";
import * as t from "./tokens.ts";

interface Pattern {
  readonly name?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly patterns?: readonly Pattern[];
  readonly captures?: Readonly<Record<string, { readonly name: string }>>;
}

/** A grammar for editors that colour by patterns. */
export interface TextMateGrammar {
  readonly name: string;
  readonly scopeName: string;
  readonly fileTypes: readonly string[];
  readonly patterns: readonly Pattern[];
}

const truths: readonly TokenType[] = [t.True, t.False, t.Unknown];
const operatorWords: readonly TokenType[] = [
  ...[t.And, t.Or, t.Not, t.Is, t.In, t.Matches, t.Contains, t.Like],
];
const numbers: readonly TokenType[] = [
  ...[t.Day, t.TimeOfDay, t.Price, t.Money, t.Percent, t.Duration, t.Scaled, t.Decimal],
];
const operators: readonly TokenType[] = [
  ...[t.LessOrEqual, t.GreaterOrEqual, t.NotEqual, t.EqualEqual, t.Equal, t.Less, t.Greater],
  ...[t.Range, t.Plus, t.Minus, t.Times],
];
const punctuation: readonly TokenType[] = [
  ...[
    t.Comma,
    t.Colon,
    t.LeftParenthesis,
    t.RightParenthesis,
    t.LeftBracket,
    t.RightBracket,
    t.Dot,
  ],
];

/** The colours of the token table, in the order in which the lexer tries its tokens. */
export function textMateGrammar(): TextMateGrammar {
  const keywords = [...t.keywordOf.values()].filter(
    (type) => !truths.includes(type) && !operatorWords.includes(type),
  );
  return {
    name: "Signalbox policy",
    scopeName: "source.policy",
    fileTypes: ["policy"],
    patterns: [
      { name: "comment.line.number-sign.policy", match: sourceOf(t.Comment) },
      {
        name: "string.quoted.double.policy",
        begin: '"',
        end: '"|$',
        patterns: [{ name: "constant.character.escape.policy", match: String.raw`\\.` }],
      },
      { name: "string.regexp.policy", match: sourceOf(t.Pattern) },
      ...numbers.map((type) => ({ name: "constant.numeric.policy", match: sourceOf(type) })),
      // A zone stands only behind a time of day; with a slash it is no other word.
      { name: "constant.other.zone.policy", match: String.raw`\b[A-Za-z]+(?:/[A-Za-z0-9_+-]+)+` },
      named(t.Let, "variable.other.definition.policy"),
      named(t.Pool, "entity.name.type.policy"),
      { name: "constant.language.policy", match: words(truths) },
      { name: "keyword.operator.word.policy", match: words(operatorWords) },
      { name: "keyword.control.policy", match: words(keywords) },
      { name: "variable.other.policy", match: sourceOf(t.Name) },
      { name: "keyword.operator.policy", match: operators.map(sourceOf).join("|") },
      { name: "punctuation.policy", match: punctuation.map(sourceOf).join("|") },
    ],
  };
}

function named(keyword: TokenType, scope: string): Pattern {
  return {
    match: `${words([keyword])}\\s+(${sourceOf(t.Name)})`,
    captures: { 1: { name: "keyword.control.policy" }, 2: { name: scope } },
  };
}

/** Words that are no beginning of a longer name. */
function words(types: readonly TokenType[]): string {
  const list = types.map(({ PATTERN }) => String(PATTERN)).join("|");
  return String.raw`\b(${list})(?!\w|[-.]\w)`;
}

/** A token's pattern as text; of a symbol, with what means more in a pattern escaped. */
function sourceOf({ PATTERN }: TokenType): string {
  return PATTERN instanceof RegExp
    ? PATTERN.source
    : String(PATTERN).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
