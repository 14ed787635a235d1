import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import type { Repair, Trouble } from "./repair.ts";

/** Recognises one habit at the place of an error; null when it is not that habit. */
export type Habit = (trouble: Trouble) => Repair | null;

/** The type of the token at an index; undefined outside the statement. */
export const typeAt = ({ tokens }: Trouble, index: number): TokenType | undefined =>
  tokens[index]?.tokenType;
/** The text of the token at an index; empty outside the statement. */
export const imageAt = ({ tokens }: Trouble, index: number): string => tokens[index]?.image ?? "";
/** Whether a token of this type can name a target. */
export const isTarget = (type: TokenType | undefined): boolean =>
  type === t.Name || type === t.Text;

/** Tokens as a person would write them. */
export function textOf(tokens: readonly IToken[]): string {
  return tokens
    .map((token) => token.image)
    .join(" ")
    .replaceAll(/ (?=[,)\]])|(?<=[[(]) /g, "");
}
