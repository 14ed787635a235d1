import type { FactTable } from "../facts/fact.ts";
import { createIntentReader, type DeclaredIntent, type IntentSource } from "../meaning/intent.ts";
import { promptText } from "./body-facts.ts";
import type { RequestContext } from "./context.ts";
import { type IntentLabel, intentLabels } from "./intent-labels.ts";
import { intentModelOf } from "./intent-models.ts";
import { countTools } from "./media.ts";

/** What a classifier is asked: a text, and what it may be told to be. */
export interface IntentQuestion {
  /** The user's last text, whole. */
  readonly text: string;
  readonly labels: readonly IntentLabel[];
}

/** What came of asking. */
export interface IntentAnswer {
  /** One of the labels; null where none was given. */
  readonly label: string | null;
  /** How it went, in a word or two, for whoever reads the record: `answered`, `timeout`, `guard`. */
  readonly outcome: string;
}

/** What the intent of a request came to. */
export interface ToldIntent {
  readonly intent: string | undefined;
  readonly confidence: number | undefined;
  /** Undefined where nobody told it. */
  readonly by: IntentSource | undefined;
  /** How asking the classifier went; undefined where nobody was asked. */
  readonly asked: string | undefined;
}

/** Reads what requests ask for, each once. */
export interface BodyIntentReader {
  read(context: RequestContext): ToldIntent | Promise<ToldIntent>;
  /** What was read of a request before; undefined where nothing was. */
  told(context: RequestContext): ToldIntent | undefined;
}

/** Under these names a record tells who told its `intent`, and how asking the classifier went. */
export const intentSourceKey = "intent.from";
export const classifierKey = "intent.classifier";

/** One reader for `intent` and `confidence` of a policy, which remembers each request: who asks for both pays once. */
export function createBodyIntentReader(
  facts: FactTable,
  intents: readonly DeclaredIntent[],
): BodyIntentReader {
  const read = intentReaderOf(facts, intents);
  const labels = intentLabels(facts, intents);
  // By request, and not by body: the same body may come again, when the classifier has time, or from somebody whose guards forbid it.
  const readings = new WeakMap<RequestContext, ToldIntent | Promise<ToldIntent>>();
  const begin = (context: RequestContext): ToldIntent | Promise<ToldIntent> => {
    const { body } = context.chat;
    const text = promptText(body);
    const { isOpen, ...sure } = read({ prompt: text, tools: countTools(body) });
    if (!isOpen || context.classify === undefined) return { ...sure, asked: undefined };
    return context.classify({ text, labels }, context).then(({ label, outcome }) => {
      const told: ToldIntent =
        label === null
          ? { ...sure, asked: outcome }
          : { intent: label, confidence: undefined, by: "classifier", asked: outcome };
      readings.set(context, told);
      return told;
    });
  };
  return {
    read(context) {
      const known = readings.get(context);
      if (known !== undefined) return known;
      const reading = begin(context);
      readings.set(context, reading);
      return reading;
    },
    told(context) {
      const known = readings.get(context);
      return known instanceof Promise ? undefined : known;
    },
  };
}

/** What clues and models say of a prompt, by themselves. */
export function intentReaderOf(
  facts: FactTable,
  intents: readonly DeclaredIntent[],
): ReturnType<typeof createIntentReader> {
  const askBelow = facts.get("intent")?.classifier?.askBelow ?? null;
  return createIntentReader(intents, intentModelOf(facts), askBelow);
}
