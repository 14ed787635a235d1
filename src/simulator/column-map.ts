import { didYouMean } from "../diagnostics/suggest.ts";
import type { FactTable } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";

/** Words of a map that are no facts, with what they stand for. */
export const mapWords = {
  time: "when it came in",
  id: "what it is called",
  output: "tokens of the answer, as measured",
  input: "tokens of the prompt, as measured",
  body: "the request body, as JSON",
  answer: "the answer, as JSON of an API or as text",
  target: "the target or model that served it",
  duration: "milliseconds until the whole answer",
  first_token: "milliseconds until the first token",
  status: "HTTP status of the answer",
  cost: "what it cost, in dollars",
  cache_hit: "whether a cache answered",
} as const;

type OwnWord = keyof typeof mapWords;

/** What a column tells: a fact by its name, or one of the log's own things. */
export type ColumnMeaning =
  | { readonly kind: "fact"; readonly name: string }
  | { readonly kind: OwnWord };

/** Which column, or path of JSON, tells what. */
export type ColumnMap = ReadonlyMap<string, ColumnMeaning>;

export type ReadColumnMap =
  | { readonly ok: true; readonly map: ColumnMap }
  | { readonly ok: false; readonly message: string };

/** The columns of the Azure LLM inference traces of 2023 and 2024, by their schema in Azure/AzurePublicDataset. */
export const azureColumns: ColumnMap = new Map<string, ColumnMeaning>([
  ["TIMESTAMP", { kind: "time" }],
  ["ContextTokens", { kind: "fact", name: "tokens" }],
  ["GeneratedTokens", { kind: "output" }],
]);

/** What a name stands for on the left of a map; null when it is neither a fact nor a word of its own. */
export function meaningOf(name: string, facts: FactTable): ColumnMeaning | null {
  if (Object.hasOwn(mapWords, name)) return { kind: name as OwnWord };
  const fact = lookUpFact(facts, name);
  return fact === null ? null : { kind: "fact", name: fact.name };
}

/** Reads `tokens=ContextTokens,time=TIMESTAMP,output=usage.completion_tokens`: a fact or a word of its own, and its column or path. */
export function readColumnMap(text: string, facts: FactTable): ReadColumnMap {
  const map = new Map<string, ColumnMeaning>();
  for (const part of text.split(",")) {
    const [, name, column] = /^\s*([^=\s]+)\s*=\s*(.+?)\s*$/.exec(part) ?? [];
    if (name === undefined || column === undefined) {
      return { ok: false, message: `\`${part}\` is not of the form fact=Column` };
    }
    const meaning = meaningOf(name, facts);
    if (meaning === null) {
      const meant = didYouMean(name, [...Object.keys(mapWords), ...facts.keys()]);
      const hint = meant === null ? "" : `; did you mean \`${meant}\`?`;
      return { ok: false, message: `\`${name}\` is not a known fact${hint}` };
    }
    if (map.has(column)) return { ok: false, message: `column \`${column}\` is mapped twice` };
    map.set(column, meaning);
  }
  return { ok: true, map };
}
