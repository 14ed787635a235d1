import type { IToken, TokenType } from "chevrotain";
import * as s from "../../../grammar/slip-tokens.ts";
import * as t from "../../../grammar/tokens.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { Amended } from "./amended.ts";
import { writeText } from "./escapes.ts";
import { startsLine } from "./leaning.ts";
import { type MendedOne, type Reading, tokensWithin, touch } from "./reading.ts";
import { placeOf, tokensAt } from "./token-edits.ts";

/** Characters that are taken for the end of a text, because they look like it. */
const lookalikes = "'`´‘’“”»«";

/** What may follow a text on its line. */
const followers = String.raw`\s*(?:$|[:,)\]#]|\s(?:and|or|then|else|fallback|with|given|expect|when)\b)`;

const wrongEnd = new RegExp(`[${lookalikes}](?=${followers})`, "u");

/** Where a text that has no end most likely ends: offset behind its last character, and what stands there instead of a quote. */
function endOfText(image: string, { tokens, index }: Reading): { end: number; wrong: number } {
  const isHead = tokens[index - 1]?.tokenType === t.Rule;
  const wrong = image.slice(1).search(wrongEnd) + 1;
  if (wrong > 0) return { end: wrong, wrong: 1 };
  const colon = isHead ? image.search(/:\s*(?:$|if\b)/) : -1;
  if (colon > 0) return { end: colon, wrong: 0 };
  // A message or a name is the last of its statement, and holds words like `and`.
  const isLast = isHead || isReject(tokens, index) || tokens[index - 1]?.tokenType === t.Use;
  const end = isLast
    ? image.search(/\s*$/)
    : image.search(/\s+(?:and|or|then|else|fallback|with|given|expect|when)\b|[\],)](?=\s|$)|\s*$/);
  return { end, wrong: 0 };
}

function isReject(tokens: readonly IToken[], index: number): boolean {
  const before = tokens[index - 1]?.tokenType;
  return before === t.Reject || (before === t.Decimal && tokens[index - 2]?.tokenType === t.Reject);
}

/** Closes a text that has no end: at a quote of another kind, before the colon of a rule's head, before a keyword, or at the end of its line. */
export function closeText(image: string, reading: Reading): Amended {
  const { end, wrong } = endOfText(image, reading);
  const closed = image.slice(0, end).replace(/\\$/, "");
  return {
    code: "P0111",
    message: "this text has no end",
    help: 'close it with `"`',
    text: closed.length > 1 ? `${closed}"${image.slice(end + wrong)}` : null,
    readAs: '"x"',
  };
}

/** A slip in the quotes round several tokens; null for any other token. */
export function mendQuotes(reading: Reading): MendedOne | null {
  const token = reading.tokens[reading.index];
  if (token?.tokenType === t.Text && token.image === '""') return twoPairs(reading, token);
  if (token?.tokenType !== s.UnterminatedText) return null;
  return spareQuote(reading, token) ?? unopened(reading, token);
}

/** `""one user in ten""`, `""one user in ten"`. */
function twoPairs({ file, text, tokens, index }: Reading, first: IToken): MendedOne | null {
  if (!touch(first, tokens[index + 1])) return null;
  const { start } = placeOf(first);
  const inner = /^""([^"\n\r]+)""?/.exec(text.slice(start, start + 2_000));
  if (inner === null) return null;
  const span = { file, start, end: start + inner[0].length };
  const fixed = writeText(inner[1] ?? "");
  const taken = tokens.slice(index).filter((each) => placeOf(each).start < span.end).length;
  const lastEnd = placeOf(tokens[index + taken - 1] ?? first).end;
  return {
    diagnostic: makeDiagnostic("P0113", span, "a text stands in one pair of double quotes", {
      help: `write ${fixed}`,
      fix: { title: `write ${fixed}`, edits: [{ span, text: fixed }] },
    }),
    tokens: [
      ...tokensAt(fixed, span),
      ...tokensWithin(text, { start: span.end, end: Math.max(span.end, lastEnd) }),
    ],
    taken,
  };
}

/** `"canary""`: one quote too many. */
function spareQuote({ file, text, tokens, index }: Reading, token: IToken): MendedOne | null {
  const before = tokens[index - 1];
  if (before?.tokenType !== t.Text || !touch(before, token)) return null;
  const { start, end } = placeOf(token);
  const span = { file, start, end: start + 1 };
  return {
    diagnostic: makeDiagnostic("P0113", span, "this quote is one too many", {
      help: "take it out",
      fix: { title: "take it out", edits: [{ span, text: "" }] },
    }),
    tokens: tokensWithin(text, { start: start + 1, end }),
    taken: 1,
  };
}

const textHeads: ReadonlySet<TokenType> = new Set([
  ...[t.Rule, t.Test, t.Use, t.Reject, t.Contains, t.Like],
]);

const behindText = new RegExp(`^"${followers}`);

/** `rule one user in ten":`: a quote that closes what none opened. */
function unopened({ file, text, tokens, index }: Reading, token: IToken): MendedOne | null {
  const { start: quote, end } = placeOf(token);
  if (!behindText.test(token.image)) return null;
  const from = textStart(text, tokens, index);
  if (from === null) return null;
  const span = { file, start: from, end: quote + 1 };
  const fixed = writeText(text.slice(from, quote));
  return {
    diagnostic: makeDiagnostic("P0111", span, "this text has no beginning", {
      help: 'open it with `"`',
      fix: { title: `write ${fixed}`, edits: [{ span, text: fixed }] },
    }),
    tokens: [...tokensAt(fixed, span), ...tokensWithin(text, { start: quote + 1, end })],
    taken: 1,
    from,
  };
}

/** Where a text without an opening quote begins: behind the word of its line that takes one. */
function textStart(text: string, tokens: readonly IToken[], index: number): number | null {
  let at = index - 1;
  while (at >= 0 && !takesText(tokens[at])) {
    if (startsLine(text, tokens, at)) return null;
    at -= 1;
  }
  const isStatus = tokens[at]?.tokenType === t.Reject && tokens[at + 1]?.tokenType === t.Decimal;
  const from = at + (isStatus ? 2 : 1);
  const first = tokens[from];
  if (at < 0 || first === undefined || from >= index) return null;
  return startsLine(text, tokens, from) ? null : placeOf(first).start;
}

function takesText(token: IToken | undefined): boolean {
  return token !== undefined && (textHeads.has(token.tokenType) || token.image === "tag");
}
