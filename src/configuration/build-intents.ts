import type { Target } from "../catalog/target.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { FactTable } from "../facts/fact.ts";
import type { BuildContext, Section } from "./build.ts";
import type { YamlReader } from "./read-yaml.ts";
import type { Located } from "./shape.ts";
import { wrongWord } from "./wrong-word.ts";

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
    reportOwnFact(reader, named, "model");
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

const defaultClassifier = { timeoutMs: 800, askBelow: 0.7 };

/**
 * The facts with the classifier that is asked for `intent` where nothing else is sure, which makes it, and `confidence`, as dear as
 * a model call; as they were without one. Reports one that cannot be asked, and a section that says nothing.
 */
export function withIntentClassifier(
  facts: FactTable,
  intents: Located<Section<"intents">> | undefined,
  targets: ReadonlyMap<string, Target>,
  { reader }: Pick<BuildContext, "reader">,
): FactTable {
  if (intents === undefined) return facts;
  const { model, classifier } = intents.value;
  if (model === undefined && classifier === undefined) {
    reader.report("C0105", intents.keySpan, "`intents` has no `model` and no `classifier`", {
      help: "name a model (`model: shipped`), or a target to ask (`classifier: { target: NAME }`)",
    });
  }
  const named = classifier?.value.target;
  const [intent, confidence] = [facts.get("intent"), facts.get("confidence")];
  if (classifier === undefined || named === undefined || intent === undefined) return facts;
  if (intent.from.length > 0) {
    reportOwnFact(reader, classifier, "classifier");
    return facts;
  }
  const target = targets.get(named.value);
  if (target === undefined) {
    const known = [...targets.keys()];
    const meant = didYouMean(named.value, known);
    const details = wrongWord(named.span, meant, known, "the targets are");
    reader.report("C0214", named.span, `there is no target \`${named.value}\``, details);
    return facts;
  }
  const asked = {
    target: target.name,
    provider: target.provider,
    model: target.model,
    timeoutMs: classifier.value.timeout?.value ?? defaultClassifier.timeoutMs,
    askBelow: classifier.value["ask-below"]?.value ?? defaultClassifier.askBelow,
  };
  return new Map([
    ...facts,
    ["intent", { ...intent, costClass: 4, classifier: asked }],
    ...(confidence === undefined || confidence.from.length > 0
      ? []
      : [["confidence", { ...confidence, costClass: 4 }] as const]),
  ]);
}

function reportOwnFact(reader: YamlReader, at: Located<unknown>, what: string): void {
  reader.report(
    "C0106",
    at.keySpan,
    `\`intent\` is a fact of your own here, so no ${what} tells it`,
    { help: `remove \`intent\` from \`facts\`, or the ${what}` },
  );
}
