import { readMoment } from "./logged-request.ts";

/** A row of a log by the names of its fields: from JSON as it stands there, from CSV as texts, from Parquet as values. */
export type Row = Readonly<Record<string, unknown>>;

export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands under a name, or at a path of names with dots between them, in JSON within texts too; undefined for nothing. */
export function valueAt(row: Row, path: string): unknown {
  if (Object.hasOwn(row, path)) return row[path] ?? undefined;
  let value: unknown = row;
  for (let rest = path; ; ) {
    const within = fieldsOf(value);
    if (within === null) return undefined;
    // A name may hold dots itself: the longest that is there counts.
    let end = rest.length;
    while (end > 0 && !Object.hasOwn(within, rest.slice(0, end)))
      end = rest.lastIndexOf(".", end - 1);
    if (end <= 0) return undefined;
    value = within[rest.slice(0, end)];
    if (end === rest.length) return value ?? undefined;
    rest = rest.slice(end + 1);
  }
}

/** The value at the first of several paths that holds one; an empty text is none. */
export function firstAt(row: Row, ...paths: readonly string[]): unknown {
  for (const path of paths) {
    const value = valueAt(row, path);
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}

/** JSON that may be written as text, as exports of tables do; a text that is none stays one. */
export function unwrapped(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{"]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** An object, written as text or not; null for anything else. */
export function fieldsOf(value: unknown): Row | null {
  const read = unwrapped(value);
  return isRow(read) ? read : null;
}

/** A list, written as text or not; null for anything else. */
export function listOf(value: unknown): readonly unknown[] | null {
  const read = unwrapped(value);
  return Array.isArray(read) ? read : null;
}

/** A text that says something; a number is written out. Null for anything else. */
export function textOf(value: unknown): string | null {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "string") return null;
  const text = value.trim();
  return text === "" || /^(null|none)$/i.test(text) ? null : text;
}

/** A finite number, written out or not. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string")
    return /^\s*-?\d+(\.\d+)?(e[-+]?\d+)?\s*$/i.test(value) ? Number(value) : null;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** A count of tokens. */
export function countOf(value: unknown): number | null {
  const count = numberOf(value);
  return count !== null && Number.isSafeInteger(count) && count >= 0 ? count : null;
}

/** True and false as tables write them: `True`, `1`, `f`. */
export function flagOf(value: unknown): boolean | null {
  if (typeof value === "boolean") return value;
  const text = typeof value === "string" ? value.trim().toLowerCase() : numberOf(value);
  if (text === "true" || text === "t" || text === "1" || text === 1) return true;
  if (text === "false" || text === "f" || text === "0" || text === 0) return false;
  return null;
}

/** A moment in milliseconds since the epoch. */
export function momentOf(value: unknown): number | null {
  if (value instanceof Date) return readMoment(value.getTime());
  return readMoment(typeof value === "bigint" ? Number(value) : value);
}

/** A length of time that is not negative, in milliseconds, of a number of units that long. */
export function durationOf(value: unknown, unitMs: number): number | null {
  const count = numberOf(value);
  return count === null || count < 0 ? null : count * unitMs;
}

/** A hundred years: what lies further behind a log's beginning is no moment of it. */
const longestOffsetMs = 36_525 * 86_400_000;

/** How long after its log's own zero a request came, in milliseconds of a number of units that long. */
export function offsetOf(value: unknown, unitMs: number): number | null {
  const offsetMs = durationOf(value, unitMs);
  return offsetMs === null || offsetMs > longestOffsetMs ? null : offsetMs;
}
