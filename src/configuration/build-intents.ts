import type { FactTable } from "../facts/fact.ts";
import type { BuildContext, Section } from "./build.ts";

/**
 * The facts with `intent` told by the configured model, whose labels are then among its values; as they were without a model.
 * Reports a model that cannot be used. Where no files are read, any text may be an intent.
 */
export function withIntentModel(
  facts: FactTable,
  intents: Section<"intents"> | undefined,
  { environment, reader }: BuildContext,
): FactTable {
  const named = intents?.model;
  const intent = facts.get("intent");
  if (named === undefined || intent === undefined) return facts;
  if (intent.from.length > 0) {
    reader.report(
      "C0106",
      named.keySpan,
      "`intent` is a fact of your own here, so no model tells it",
      {
        help: "remove `intent` from `facts`, or the model",
      },
    );
    return facts;
  }
  if (environment.intentModel === undefined) {
    return new Map([...facts, ["intent", { ...intent, type: { kind: "text" } }]]);
  }
  const read = environment.intentModel(named.value);
  if (!read.ok) {
    reader.report("C0211", named.span, `the model \`${named.value}\` cannot be used: ${read.why}`, {
      help: "`signalbox train intents labelled.csv -o MODEL` writes one",
    });
    return facts;
  }
  const { model } = read;
  const shipped = intent.type.kind === "text" ? (intent.type.values ?? []) : [];
  const values = [...new Set([...model.labels, ...shipped])];
  return new Map([...facts, ["intent", { ...intent, type: { kind: "text", values }, model }]]);
}
