import { readDate } from "../facts/value.ts";

/** A date, or a time with its zone. */
export const expiryPattern =
  /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

const dayMs = 86_400_000;

/**
 * From when on something has expired, in epoch milliseconds: a date is the last day (UTC) on which it has not. Null where there
 * is no such day or time.
 */
export function readExpiry(text: string): number | null {
  if (!expiryPattern.test(text)) return null;
  const day = readDate(text.slice(0, 10));
  if (day === undefined) return null;
  if (text.length === 10) return (day + 1) * dayMs;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
