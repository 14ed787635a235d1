import type { PatternSql } from "./dialect.ts";

/**
 * What a pattern becomes in an engine that has RE2 itself. One test of it is refused: RE2 in C++ looks for `\B` between
 * bytes, and so finds it within any letter beyond ASCII.
 */
export function re2Sql(pattern: string, write: () => string): PatternSql {
  if (asksNoBoundary(pattern)) return { ok: false, why: noBoundary };
  return { ok: true, sql: write() };
}

/** Why `\B` is refused. */
export const noBoundary = "`\\B`, which engines see between bytes";

function asksNoBoundary(pattern: string): boolean {
  for (const [, quoted, letter] of pattern.matchAll(/\\Q([\s\S]*?)(?:\\E|$)|\\([\s\S])/g)) {
    if (quoted === undefined && letter === "B") return true;
  }
  return false;
}

/**
 * The pattern as a group. DuckDB takes one of letters and anchors alone for a prefix, a suffix or a part, wherever the anchors
 * stand (`$a`, `\z\z`); in a group it leaves it to RE2.
 */
export function asGroup(pattern: string): string {
  const quotation = [...pattern.matchAll(/\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]/g)].at(-1)?.[0] ?? "";
  const isOpen = quotation.startsWith("\\Q") && !quotation.endsWith("\\E");
  return `(${pattern}${isOpen ? "\\E" : ""})`;
}
