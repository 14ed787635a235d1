import type { IToken } from "chevrotain";
import { lex } from "../../../grammar/lexer.ts";
import type { Random } from "../../base/random.ts";
import type { SourceFile } from "../../diagnostics/diagnostic.ts";
import { lineAndColumn } from "../../diagnostics/position.ts";
import type { ReviewSetting } from "../../language/service/review-source.ts";

/** A valid policy into which faults are seeded. */
export interface Example extends SourceFile {
  readonly tokens: readonly IToken[];
  readonly setting: ReviewSetting;
}

export function createExample(source: SourceFile, setting: ReviewSetting): Example {
  return { ...source, tokens: lex(source.text).tokens, setting };
}

/** One slip of the hand: what is put in place of a range of a valid text. Offsets are those of the valid text. */
export interface Slip {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Makes one slip of its kind somewhere in an example; null when this draw found no place for one. */
export type SlipMaker = (example: Example, random: Random) => Slip | null;

/** A text with one slip in it. */
export interface Fault {
  readonly kind: string;
  readonly file: string;
  readonly text: string;
  /**
   * Where the fault stands in `text`: the mutated characters; where some are missing, from the last character of the token
   * before the gap to the first of the one behind it, since a finding on either points at the place.
   */
  readonly place: { readonly start: number; readonly end: number };
  /** First and last line on which the fault stands, from 1; where something is missing, the line on which it stood. */
  readonly lines: { readonly from: number; readonly to: number };
  readonly was: string;
  readonly now: string;
}

/** The fault that a slip makes. */
export function faultOf(example: Example, kind: string, slip: Slip): Fault {
  const { file, text, tokens } = example;
  const mutated = text.slice(0, slip.start) + slip.text + text.slice(slip.end);
  const isGap = slip.text.trim() === "";
  const before = tokens.findLast((token) => endOf(token) <= slip.start);
  const after = tokens.find((token) => token.startOffset >= slip.end);
  const shift = slip.text.length - (slip.end - slip.start);
  const place = isGap
    ? {
        start: before === undefined ? 0 : endOf(before) - 1,
        end: after === undefined ? mutated.length : after.startOffset + shift + 1,
      }
    : { start: slip.start, end: slip.start + slip.text.length };
  const was = text.slice(slip.start, slip.end);
  const from = lineAndColumn(text, slip.start).line;
  const lines = { from, to: isGap ? from : lineAndColumn(mutated, place.end).line };
  return { kind, file, text: mutated, place, lines, was, now: slip.text };
}

export function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

/** The slip that puts `text` in place of a token. */
export function replaceToken(token: IToken, text: string): Slip {
  return { start: token.startOffset, end: endOf(token), text };
}
