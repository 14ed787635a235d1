import { BugError } from "../base/assert.ts";
import type { CodeRow } from "./code-row.ts";
import { configurationCodes } from "./codes-configuration.ts";
import { meaningCodes } from "./codes-meaning.ts";
import { syntaxCodes } from "./codes-syntax.ts";

/** Every code there is, in the order of their numbers. To add one, append a row to its family's file. */
export const codes: readonly CodeRow[] = [...syntaxCodes, ...meaningCodes, ...configurationCodes];

const byCode: ReadonlyMap<string, CodeRow> = new Map(codes.map((row) => [row.code, row]));

/** The row of a code; throws a BugError for one that is not in the table. */
export function codeRow(code: string): CodeRow {
  const row = byCode.get(code);
  if (row === undefined) throw new BugError(`no row for diagnostic code ${code}`);
  return row;
}
