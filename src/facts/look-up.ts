import type { Fact, FactTable, FactType } from "./fact.ts";

/** Facts that come in families: any name may follow the dot, and what it holds is the client's word. */
export const clientFamilies = ["header", "metadata"] as const;

/** What a member of such a family is. */
export const clientFamilyDocs: Readonly<Record<(typeof clientFamilies)[number], string>> = {
  header: "A header of the request.",
  metadata: "A field of the request's metadata.",
};

/** Windows over which the ledger sums up (LANGUAGE §5). */
export const ledgerWindows = ["minute", "hour", "today", "day", "week", "month"] as const;

/** What the ledger tells of a fact's value: `spend.user.today`, `budget.team.left`, `rate.user.minute`. */
export const ledgerFamilies: Readonly<
  Record<
    string,
    { readonly type: FactType; readonly ends: readonly string[]; readonly doc: string }
  >
> = {
  spend: { type: { kind: "money" }, ends: ledgerWindows, doc: "What it has cost in this window." },
  budget: { type: { kind: "money" }, ends: ["left"], doc: "What is left of its budget." },
  rate: { type: { kind: "whole" }, ends: ledgerWindows, doc: "Its requests in this window." },
};

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
  const family = clientFamilies.find((each) => each === name.slice(0, dot));
  if (family === undefined) return ledgerFact(table, name);
  const canonical = family === "header" ? `header.${member.toLowerCase()}` : name;
  return (
    table.get(canonical) ?? {
      name: canonical,
      type: { kind: "text" },
      costClass: 0,
      trust: "client",
      mayBeUnknown: true,
      from: [],
      doc: clientFamilyDocs[family],
    }
  );
}

/** `spend.user.today` in its parts. */
export interface LedgerName {
  readonly family: "spend" | "budget" | "rate";
  /** The fact by whose value is counted. */
  readonly subject: string;
  readonly end: string;
}

/** The parts of a name that the ledger tells; null for any other. */
export function readLedgerName(name: string): LedgerName | null {
  const [, head = "", subject = "", end = ""] = /^([a-z]+)\.(.+)\.([a-z]+)$/.exec(name) ?? [];
  if (!Object.hasOwn(ledgerFamilies, head) || !ledgerFamilies[head]?.ends.includes(end))
    return null;
  return { family: head as LedgerName["family"], subject, end };
}

function ledgerFact(table: FactTable, name: string): Fact | null {
  const read = readLedgerName(name);
  // What is counted by is read of every request, whatever policy it runs: it has to be at hand.
  if (read === null || table.get(read.subject)?.costClass !== 0) return null;
  const { type, doc } = ledgerFamilies[read.family] as (typeof ledgerFamilies)[string];
  return { name, type, costClass: 1, trust: "gateway", mayBeUnknown: true, from: [], doc };
}
