import type { DialectName } from "./dialect.ts";

/** Why a name cannot be a column's or a table's in a query; null where it can. */
export function nameFault(name: string, dialect: DialectName): string | null {
  if (name === "") return "it is empty";
  if (!name.isWellFormed()) return "it holds half a character";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(name)) return "it holds a control character";
  if (dialect === "spark" && name.includes("${"))
    return "Spark replaces what begins with a dollar and a brace";
  return null;
}

/** Two names that the engine takes for one, since only their case differs; null where there are none. */
export function sameNames(
  names: Iterable<string>,
  dialect: DialectName,
): readonly [string, string] | null {
  if (dialect === "clickhouse") return null;
  const seen = new Map<string, string>();
  for (const name of names) {
    const folded = name.toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined && other !== name) return [other, name];
    seen.set(folded, name);
  }
  return null;
}
