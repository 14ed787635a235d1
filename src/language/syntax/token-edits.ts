import type { IToken } from "chevrotain";
import { lex } from "../../../grammar/lexer.ts";
import { parseTokens } from "../../../grammar/parse-tokens.ts";
import { BugError } from "../../base/assert.ts";
import type { Fix, Span } from "../../diagnostics/diagnostic.ts";

/** Puts `text` in place of the tokens from `from` up to, not including, `to`; none of them when the two are equal. */
export interface TokenEdit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** `next` for an insertion that stands with the token behind it, as at the beginning of a line. */
  readonly sticksTo?: "next";
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Where a token stands in the file; one that a repair put in stands where the text that it replaces does. */
export function placeOf(token: IToken): Place {
  const place: Place | undefined = token.payload;
  return place ?? { start: token.startOffset, end: token.startOffset + token.image.length };
}

export function spanOf(file: string, first: IToken, last: IToken = first): Span {
  return { file, start: placeOf(first).start, end: placeOf(last).end };
}

/** Tokens of a text that replaces what stands at `place`. */
export function tokensAt(text: string, place: Place): IToken[] {
  const { tokens } = lex(text);
  for (const token of tokens) token.payload = place;
  return tokens;
}

/** The tokens after some edits, which do not overlap. */
export function applyEdits(tokens: readonly IToken[], edits: readonly TokenEdit[]): IToken[] {
  const result = [...tokens];
  for (const { from, to, text } of edits.toSorted((a, b) => b.from - a.from)) {
    const first = tokens[from] ?? tokens.at(-1);
    const last = to > from ? (tokens[to - 1] ?? first) : first;
    if (first === undefined || last === undefined) continue;
    const place = { start: placeOf(first).start, end: placeOf(last).end };
    result.splice(from, to - from, ...tokensAt(text, place));
  }
  return result;
}

/** A replacement with a space where it would run together with the text that touches it. */
export function spacedOut(text: string, before: string, after: string): string {
  const lead = /\w$/.test(before) && /^\w/.test(text) ? " " : "";
  const tail = /\w$/.test(text) && /^[\w"]/.test(after) ? " " : "";
  return `${lead}${text}${tail}`;
}

/** The same edits on the file's text. */
export function toFix(
  file: string,
  title: string,
  tokens: readonly IToken[],
  edits: readonly TokenEdit[],
): Fix {
  return { title, edits: edits.map((edit) => textEdit(file, tokens, edit)) };
}

type TextEdit = Fix["edits"][number];

function textEdit(file: string, tokens: readonly IToken[], edit: TokenEdit): TextEdit {
  if (edit.to === edit.from) return insertion(file, tokens, edit);
  const [first, last] = [tokens[edit.from], tokens[edit.to - 1]];
  if (first === undefined || last === undefined) throw new BugError("an edit of no token");
  const { start } = placeOf(first);
  const { end } = placeOf(last);
  const [before, after] = [tokens[edit.from - 1], tokens[edit.to]];
  const touchesBefore = before !== undefined && placeOf(before).end === start;
  const touchesAfter = after !== undefined && placeOf(after).start === end;
  if (edit.text !== "") {
    const text = spacedOut(
      edit.text,
      touchesBefore ? before.image : "",
      touchesAfter ? after.image : "",
    );
    return { span: { file, start, end }, text };
  }
  // With what stands before it goes the space between, so that no two spaces are left.
  const from = before === undefined || touchesAfter ? start : placeOf(before).end;
  return { span: { file, start: from, end }, text: "" };
}

function insertion(file: string, tokens: readonly IToken[], edit: TokenEdit): TextEdit {
  const { from, text } = edit;
  const [before, after] = [tokens[from - 1], tokens[from]];
  if (before === undefined || (edit.sticksTo === "next" && after !== undefined)) {
    const at = after === undefined ? 0 : placeOf(after).start;
    return { span: { file, start: at, end: at }, text: `${text} ` };
  }
  const at = placeOf(before).end;
  const lead = /^[:,)\]]/.test(text) || /[[(]$/.test(before.image) ? "" : " ";
  const tail = lead !== "" && after !== undefined && placeOf(after).start === at ? " " : "";
  return { span: { file, start: at, end: at }, text: `${lead}${text}${tail}` };
}

/** Tokens that may still be parsed while looking for repairs; a bound on work, not on time. */
export class Budget {
  #left: number;

  constructor(tokens: number) {
    this.#left = tokens;
  }

  /** Index of the first token that cannot stand where it does, the count of tokens for a missing end, null for none. */
  errorIndex(tokens: IToken[]): number | null {
    this.#left -= tokens.length;
    const { error } = parseTokens(tokens);
    if (error === null) return null;
    const index = tokens.indexOf(error.token);
    return index < 0 ? tokens.length : index;
  }

  get isSpent(): boolean {
    return this.#left <= 0;
  }
}
