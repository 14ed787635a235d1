import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import type { NameIndex, Occurrence } from "./name-index.ts";
import type { Meaning } from "./name-meaning.ts";
import type { ParsedStatements } from "./parse-statements.ts";

/** What a piece of text is, for colours. */
export type TokenClass =
  | "cause"
  | "comment"
  | "fact"
  | "keyword"
  | "let"
  | "number"
  | "operator"
  | "option"
  | "pattern"
  | "pool"
  | "strategy"
  | "target"
  | "text"
  | "value";

/** Half open, in UTF-16 offsets. Pieces stand in order and do not overlap. */
export interface ClassifiedPiece {
  readonly start: number;
  readonly end: number;
  readonly class: TokenClass;
}

const numbers = [t.Day, t.TimeOfDay, t.Price, t.Money, t.Percent, t.Duration, t.Scaled, t.Decimal];
const operators = [
  ...[t.LessOrEqual, t.GreaterOrEqual, t.NotEqual, t.EqualEqual, t.Equal, t.Less, t.Greater],
  ...[t.Plus, t.Minus, t.Times, t.Range],
];

const plainClasses: ReadonlyMap<TokenType, TokenClass> = new Map<TokenType, TokenClass>([
  ...[...t.keywordOf.values()].map((type): [TokenType, TokenClass] => [type, "keyword"]),
  ...numbers.map((type): [TokenType, TokenClass] => [type, "number"]),
  ...operators.map((type): [TokenType, TokenClass] => [type, "operator"]),
  [t.Text, "text"],
  [t.Pattern, "pattern"],
  [t.Zone, "value"],
]);

/** Every token that has a class: names by what they mean, the rest by their kind. */
export function classify(parsed: ParsedStatements, index: NameIndex): readonly ClassifiedPiece[] {
  const named = new Map(index.occurrences.map((each) => [each.name.span.start, each]));
  const pieces = [...parsed.tokens, ...parsed.comments].flatMap((token) =>
    piecesOf(token, named.get(token.startOffset)),
  );
  return pieces.sort((a, b) => a.start - b.start);
}

function piecesOf(token: IToken, occurrence: Occurrence | undefined): readonly ClassifiedPiece[] {
  const { startOffset: start, image, tokenType } = token;
  const end = start + image.length;
  const own = tokenType === t.Comment ? "comment" : plainClasses.get(tokenType);
  const meaning = occurrence?.meaning ?? null;
  if (meaning?.kind === "target-fact" && meaning.target !== null && tokenType === t.Name) {
    const middle = start + meaning.target.name.length;
    return [
      { start, end: middle, class: "target" },
      { start: middle + 1, end, class: "fact" },
    ];
  }
  const meant = meaning === null ? undefined : classOf[meaning.kind];
  // Texts stay texts where they are no more than that.
  const found = tokenType === t.Text && meant === "value" ? own : (meant ?? own);
  return found === undefined ? [] : [{ start, end, class: found }];
}

const classOf: Readonly<Record<Meaning["kind"], TokenClass | undefined>> = {
  let: "let",
  pool: "pool",
  intent: "value",
  rule: "text",
  test: "text",
  fact: "fact",
  "target-fact": "fact",
  target: "target",
  measured: "fact",
  value: "value",
  candidate: "target",
  requested: "target",
  strategy: "strategy",
  cause: "cause",
  option: "option",
  argument: "option",
  ability: "value",
  "plan-word": "keyword",
  path: "text",
};
