import type { FactType } from "./fact.ts";

/** A fact of an answer, read in `accept when` as `response.NAME` (LANGUAGE §5). */
export interface ResponseFact {
  readonly name: string;
  readonly type: FactType;
  readonly doc: string;
}

/** The facts of an answer. Any of them is unknown where the provider does not tell it. */
export const responseFacts: readonly ResponseFact[] = [
  {
    name: "valid_json",
    type: { kind: "boolean" },
    doc: "Whether the answer is JSON, of the schema where the client gave one.",
  },
  { name: "refusal", type: { kind: "boolean" }, doc: "Whether the model declined to answer." },
  {
    name: "complete",
    type: { kind: "boolean" },
    doc: "Whether the answer came to its end, not to a limit.",
  },
  { name: "tokens", type: { kind: "whole" }, doc: "Tokens of the answer." },
  {
    name: "logprob",
    type: { kind: "decimal" },
    doc: "Mean log probability of the answer's tokens, where the provider sends them; it is below zero: `response.logprob >= 0 - 1.5`.",
  },
];

/** The fact of an answer by its name without `response.`; null when there is none. */
export function lookUpResponseFact(name: string): ResponseFact | null {
  return responseFacts.find((each) => each.name === name) ?? null;
}
