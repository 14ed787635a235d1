import { didYouMean } from "../diagnostics/suggest.ts";
import type { FactTable } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";

/** What a column of a CSV log tells: a fact by its name, or one of the log's own things. */
export type ColumnMeaning =
  | { readonly kind: "fact"; readonly name: string }
  | { readonly kind: "time" | "id" | "output-tokens" };

/** Which column tells what; the columns by the names in the log's first line. */
export type ColumnMap = ReadonlyMap<string, ColumnMeaning>;

export type ReadColumnMap =
  | { readonly ok: true; readonly map: ColumnMap }
  | { readonly ok: false; readonly message: string };

/** The columns of the Azure LLM inference traces. */
export const azureColumns: ColumnMap = new Map<string, ColumnMeaning>([
  ["TIMESTAMP", { kind: "time" }],
  ["ContextTokens", { kind: "fact", name: "tokens" }],
  ["GeneratedTokens", { kind: "output-tokens" }],
]);

/** Words of a map that are no facts. */
const ownWords: Readonly<Record<string, ColumnMeaning>> = {
  time: { kind: "time" },
  id: { kind: "id" },
  output: { kind: "output-tokens" },
};

/** What a name stands for on the left of a map; null when it is neither a fact nor `time`, `id` or `output`. */
export function meaningOf(name: string, facts: FactTable): ColumnMeaning | null {
  if (Object.hasOwn(ownWords, name)) return ownWords[name] ?? null;
  const fact = lookUpFact(facts, name);
  return fact === null ? null : { kind: "fact", name: fact.name };
}

/** Reads `tokens=ContextTokens,time=TIMESTAMP,output=GeneratedTokens`: a fact, `time`, `id` or `output`, and its column. */
export function readColumnMap(text: string, facts: FactTable): ReadColumnMap {
  const map = new Map<string, ColumnMeaning>();
  for (const part of text.split(",")) {
    const [, name, column] = /^\s*([^=\s]+)\s*=\s*(.+?)\s*$/.exec(part) ?? [];
    if (name === undefined || column === undefined) {
      return { ok: false, message: `\`${part}\` is not of the form fact=Column` };
    }
    const meaning = meaningOf(name, facts);
    if (meaning === null) {
      const meant = didYouMean(name, [...Object.keys(ownWords), ...facts.keys()]);
      const hint = meant === null ? "" : `; did you mean \`${meant}\`?`;
      return { ok: false, message: `\`${name}\` is not a known fact${hint}` };
    }
    if (map.has(column)) return { ok: false, message: `column \`${column}\` is mapped twice` };
    map.set(column, meaning);
  }
  return { ok: true, map };
}
