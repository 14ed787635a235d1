import type { Fact, FactTable } from "./fact.ts";

/** Facts that come in families: any name may follow the dot, and what it holds is the client's word. */
const factFamilies = ["header", "metadata"] as const;

const longestName = 256;

/**
 * The fact of a name: one of the table, or a member of a family (`header.x-team`, `metadata.user_id`); null when there is
 * none. Header names are lower-cased, as HTTP ignores their case.
 */
export function lookUpFact(table: FactTable, name: string): Fact | null {
  const known = table.get(name);
  if (known !== undefined) return known;
  const dot = name.indexOf(".");
  const member = name.slice(dot + 1);
  if (dot < 0 || member === "" || member.length > longestName) return null;
  const family = factFamilies.find((each) => each === name.slice(0, dot));
  if (family === undefined) return null;
  const canonical = family === "header" ? `header.${member.toLowerCase()}` : name;
  return (
    table.get(canonical) ?? {
      name: canonical,
      type: { kind: "text" },
      costClass: 0,
      trust: "client",
      mayBeUnknown: true,
      from: [],
      doc: family === "header" ? "A header of the request." : "A field of the request's metadata.",
    }
  );
}
