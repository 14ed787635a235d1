import type { IToken } from "chevrotain";
import { slipTokens } from "../../../grammar/slip-tokens.ts";
import * as t from "../../../grammar/tokens.ts";
import type { Mode } from "../checker/typed.ts";
import { cutIntoStatements } from "../syntax/statements.ts";
import type { OpenRule } from "./next-tokens.ts";
import type { ParsedStatements } from "./parse-statements.ts";

/** Where a completion is asked for. */
export interface CompletionPlace {
  /** The tokens of the statement in front of what is being typed. */
  readonly tokens: readonly IToken[];
  /** What is being typed; empty, at the cursor, when nothing is yet. */
  readonly typed: { readonly text: string; readonly start: number; readonly end: number };
  /** Whether the cursor stands inside a text in quotes. */
  readonly inText: boolean;
  /** Whether nothing but space stands in front of it on its line. */
  readonly startsLine: boolean;
}

/** Longest statement in which completion is worked out, in tokens. */
const longestStatement = 2_000;

const symbols = new Set<unknown>([
  ...[t.Range, t.Dot, t.Comma, t.Colon, t.LeftParenthesis, t.RightParenthesis],
  ...[t.LeftBracket, t.RightBracket, t.LessOrEqual, t.GreaterOrEqual, t.NotEqual, t.EqualEqual],
  ...[t.Equal, t.Less, t.Greater, t.Plus, t.Minus, t.Times],
]);

const texts = new Set<unknown>([
  t.Text,
  ...slipTokens.last.filter(({ name }) => name === "UnterminatedText"),
]);

/** The place of an offset; null inside comments and patterns, and in statements that are too long. */
export function completionPlace(parsed: ParsedStatements, offset: number): CompletionPlace | null {
  const { tokens, comments } = parsed;
  const within = ({ startOffset, image }: IToken): boolean =>
    startOffset < offset && offset <= startOffset + image.length;
  if (comments.some(within)) return null;
  const touched = tokens.find(within);
  const end = touched === undefined ? offset : touched.startOffset + touched.image.length;
  if (touched !== undefined && isPattern(touched) && offset < end) return null;
  const isText = touched !== undefined && texts.has(touched.tokenType);
  const inText = isText && (offset < end || touched.tokenType !== t.Text);
  const owner = dottedName(tokens, touched);
  if (owner !== null) return placeOf(parsed, owner.startOffset, { offset, end, inText: false });
  const isWord = touched !== undefined && !symbols.has(touched.tokenType) && (inText || !isText);
  const start = isWord ? touched.startOffset : offset;
  return placeOf(parsed, start, { offset, end: isWord ? end : offset, inText });
}

/** The name in front of a dot that nothing follows yet: `claude.`. */
function dottedName(tokens: readonly IToken[], touched: IToken | undefined): IToken | null {
  if (touched?.tokenType !== t.Dot) return null;
  const before = tokens[tokens.indexOf(touched) - 1];
  const ends = before === undefined ? -1 : before.startOffset + before.image.length;
  return before?.tokenType === t.Name && ends === touched.startOffset ? before : null;
}

function placeOf(
  { source, tokens }: ParsedStatements,
  start: number,
  {
    offset,
    end,
    inText,
  }: { readonly offset: number; readonly end: number; readonly inText: boolean },
): CompletionPlace | null {
  const before = tokens.filter((token) => token.startOffset + token.image.length <= start);
  const statement = cutIntoStatements(source.text, before).at(-1) ?? [];
  if (statement.length > longestStatement) return null;
  return {
    tokens: statement,
    typed: { text: source.text.slice(start, offset), start, end },
    inText,
    startsLine: /(?:^|[\n\r])[ \t]*$/.test(source.text.slice(Math.max(0, start - 200), start)),
  };
}

function isPattern({ tokenType }: IToken): boolean {
  return tokenType === t.Pattern || tokenType.name === "UnterminatedPattern";
}

/** Where in the place's tokens the operator stands against which a value is being written; null on a left side. */
export function operatorIndex(path: readonly OpenRule[]): number | null {
  for (const { name, from } of path) {
    if (name === "test") return from;
    if (
      name !== "value" &&
      name !== "sum" &&
      name !== "range" &&
      name !== "list" &&
      name !== "timeSpan"
    )
      return null;
  }
  return null;
}

/** How an expression at the end of these tokens is read. */
export function modeAt(tokens: readonly IToken[], path: readonly OpenRule[]): Mode {
  for (const { name, from } of path) {
    const sinceWhen = tokens.slice(from).some(({ tokenType }) => tokenType === t.When);
    if (name === "selection") return "where";
    if (name === "planOption") return "accept";
    if (name === "never") return sinceWhen ? "rule" : "never";
    if (name === "ensure") return sinceWhen ? "rule" : "plan";
    if (name === "expectation") return tokens[from]?.tokenType === t.Never ? "never" : "plan";
  }
  return "rule";
}
