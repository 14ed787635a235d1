import type { FactType } from "../../facts/fact.ts";

/** The engines that a policy can be written for. */
export const dialectNames = ["duckdb", "clickhouse", "spark"] as const;

export type DialectName = (typeof dialectNames)[number];

/** What a pattern becomes: a test of a text, or why the engine cannot make it. */
export type PatternSql =
  | { readonly ok: true; readonly sql: string }
  | { readonly ok: false; readonly why: string };

/**
 * How one engine writes what the others write otherwise. Expressions go in and come out as text; each that comes out can
 * stand anywhere, and is NULL where what went in is.
 */
export interface Dialect {
  readonly name: DialectName;
  /** A name in its quotes; no name can end them. */
  identifier(name: string): string;
  /** A text; none can end its quotes, and nothing in it is replaced. */
  text(value: string): string;
  /** A text that compares letter by letter, whatever order and case a session or a column compares by. */
  exact(text: string): string;
  /** A finite number as the double that it is here. */
  number(value: number): string;
  /**
   * A column as a value of a type, in the units of a policy: picodollars of dollars, days of a date, milliseconds of a timestamp.
   * What is no value of the type is NULL, save where the engine itself breaks off.
   */
  read(column: string, type: FactType): string;
  /** What a wall clock of a zone shows at a timestamp: milliseconds since 1970-01-01 00:00 by that clock. */
  wallClock(timestamp: string, zone: string): string;
  /** Whether a text holds another, letter by letter. */
  holds(text: string, wanted: string): string;
  /** Whether a text holds a match of a pattern in RE2's syntax. */
  matches(text: string, pattern: string): PatternSql;
  /** The one of these expressions whose place, from 1, the index tells. */
  pick(items: readonly string[], index: string): string;
  /** The words whose conditions are true, one space apart; conditions are never NULL. */
  words(items: readonly { readonly when: string; readonly word: string }[]): string;
  /** NULL where a text is wanted, and where a whole number is. */
  readonly noText: string;
  readonly noNumber: string;
}

const mostExact = Number.MAX_SAFE_INTEGER;

/** A number of the type, or NULL for NaN, infinity, and what is no whole number where one is wanted. */
export function onlyNumbers(value: string, isWhole: boolean): string {
  return isWhole
    ? `CASE WHEN ${value} = floor(${value}) AND abs(${value}) <= ${mostExact} THEN ${value} END`
    : `CASE WHEN abs(${value}) <= 1.7976931348623157e308 THEN ${value} END`;
}

/** Texts that every engine takes between single quotes as they stand: no quotes, backslashes, controls, comments, or `$`. */
export function isPlain(text: string): boolean {
  return (
    /^[\p{L}\p{N}\p{M} !#%&()*+,./:<=>?@[\]^_`|~{}-]*$/u.test(text) && !/--|\/\*|\*\//.test(text)
  );
}

/** A text's UTF-8 as hex digits; half a character becomes the replacement character, as it does wherever it is stored. */
export function hexOf(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join("");
}

/** A number as SQL writes a double; whole ones need no exponent. */
export function doubleText(value: number, suffix: string): string {
  if (Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  const text = String(value);
  return suffix === "e0" && text.includes("e") ? text : `${text}${suffix}`;
}
