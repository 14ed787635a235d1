import type { FactTable } from "../facts/fact.ts";
import type { DeclaredIntent } from "../meaning/intent.ts";
import { otherIntent } from "../meaning/intent-model.ts";

/** An intent as a classifier is told of it. */
export interface IntentLabel {
  readonly name: string;
  /** What it means; null where only its name tells. */
  readonly about: string | null;
  /** Texts and words that policies give for it. */
  readonly examples: readonly string[];
}

/** What the shipped intents mean. */
const meanings: Readonly<Record<string, string>> = {
  chat: "small talk, or a question that none of the others fits",
  classify: "to put something into one of several classes, or to judge it by yes or no",
  extract: "to pull facts out of a given text",
  summarise: "to shorten a given text",
  translate: "to put a text into another language",
  code: "to write, mend or explain a program",
  reason: "to solve a problem in several steps, such as mathematics or planning",
  write: "to write a new text",
};

/** An intent by tools is told by what the client offers, not by a text. */
const toldByForm: ReadonlySet<string> = new Set(["tool"]);

/** So many examples of one intent are shown, each cut to so many characters. */
const mostExamples = 5;
const exampleLength = 200;

/**
 * Everything a classifier may say of a policy's requests: its own intents in source order, with their examples, then the labels of
 * a trained model and the shipped intents, and `other` last.
 */
export function intentLabels(
  facts: FactTable,
  intents: readonly DeclaredIntent[],
): readonly IntentLabel[] {
  const labels = new Map<string, IntentLabel>();
  for (const { name, clues } of intents) {
    const examples = clues.flatMap((clue) => (clue.kind === "matches" ? [] : [clue.text]));
    const shown = examples.slice(0, mostExamples).map((text) => text.slice(0, exampleLength));
    labels.set(name, { name, about: meanings[name] ?? null, examples: shown });
  }
  const type = facts.get("intent")?.type;
  const values = type?.kind === "text" ? (type.values ?? []) : [];
  for (const name of values) {
    if (labels.has(name) || toldByForm.has(name) || name === otherIntent) continue;
    labels.set(name, { name, about: meanings[name] ?? null, examples: [] });
  }
  labels.delete(otherIntent);
  const other = { name: otherIntent, about: "none of these", examples: [] };
  return [...labels.values(), other];
}
