import { BugError } from "../base/assert.ts";
import type { CodeRow } from "./code-row.ts";
import { analysisCodes } from "./codes-analysis.ts";
import { configurationCodes } from "./codes-configuration.ts";
import { meaningCodes } from "./codes-meaning.ts";
import { nameCodes } from "./codes-names.ts";
import { planCodes } from "./codes-plans.ts";
import { sqlCodes } from "./codes-sql.ts";
import { syntaxCodes } from "./codes-syntax.ts";

/**
 * Every code there is: `P01xx` syntax, `P02xx` names and values, `P03xx` types, `P04xx` meaning, `P05xx` guards,
 * `P06xx` what another engine cannot say, `C0xxx` configuration.
 * To add one, append a row to its family's file; a number is never used for a second meaning.
 */
export const codes = {
  ...syntaxCodes,
  ...nameCodes,
  ...meaningCodes,
  ...analysisCodes,
  ...planCodes,
  ...sqlCodes,
  ...configurationCodes,
} as const satisfies Record<string, CodeRow>;

export type Code = keyof typeof codes;

const rows: Readonly<Record<string, CodeRow>> = codes;

/** The row of a code; throws a BugError for one that is not in the table. */
export function codeRow(code: string): CodeRow {
  const row = rows[code];
  if (row === undefined) throw new BugError(`no row for diagnostic code ${code}`);
  return row;
}
