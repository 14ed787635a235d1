import type { Embedder } from "./embedding.ts";
import { headAndTail } from "./head-and-tail.ts";
import { type IntentModel, otherIntent } from "./intent-model.ts";
import { likeTest, meaningTest } from "./like-test.ts";
import { shippedIntentOf } from "./shipped-clues.ts";
import { compileTextTest } from "./text-test.ts";

/** An intent that a policy declares; one of the checked policy fits. */
export interface DeclaredIntent {
  readonly name: string;
  readonly clues: readonly (
    | { readonly kind: "contains" | "like"; readonly text: string }
    | { readonly kind: "matches"; readonly pattern: string }
  )[];
}

export interface IntentInput {
  /** The last text of the user. */
  readonly prompt: string;
  /** Tools that the client offers. */
  readonly tools: number;
}

/** Who told an intent: a clue of the policy, a trained model, the clues that every policy has, or a model that was asked. */
export type IntentSource = "clue" | "model" | "shipped-clue" | "classifier";

/** What a prompt asks for. */
export interface IntentReading {
  /** Undefined where nobody is sure, and a classifier would have to be asked. */
  readonly intent: string | undefined;
  /** How sure a trained model is, calibrated, 0 to 1; undefined where anything else decided. */
  readonly confidence: number | undefined;
  /** Undefined where nobody told it. */
  readonly by: IntentSource | undefined;
  /** Whether a classifier is to be asked; what stands here then counts where it does not answer. */
  readonly isOpen: boolean;
}

/** What the shipped clues say of a prompt by its form alone. */
const namesNoTask: ReadonlySet<string> = new Set(["chat", "write", otherIntent]);

/**
 * Makes the reader of `intent`: the declared intents in source order, the first with a clue that fits; else a trained model
 * of the user's, where a label is likely enough; else what the shipped clues say. The shipped model comes last of all: it is
 * asked where those clues name no task. `askBelow` is how sure a model has to be where a classifier could be asked instead; null
 * without one. Throws nothing: the checker has refused patterns that do not compile.
 */
export function createIntentReader(
  declared: readonly DeclaredIntent[],
  model: IntentModel | null = null,
  askBelow: number | null = null,
): (input: IntentInput) => IntentReading {
  const embedder = model?.embedder ?? null;
  const tests = declared.map(({ name, clues }) => ({
    name,
    tests: clues.flatMap((clue): ClueTest[] => clueTest(clue, embedder)),
  }));
  const guess = (prompt: string): IntentReading | null => {
    const { intent, isLabel, confidence } = model?.guess(prompt) ?? unknown;
    if (!isLabel) return null;
    const rounded = Math.round(confidence * precision) / precision;
    return { intent, confidence: rounded, by: "model", isOpen: rounded < (askBelow ?? 0) };
  };
  const untold = (text: string, clued: string): IntentReading =>
    askBelow === null || text.trim() === "" ? told(clued, "shipped-clue") : nobodyKnows;
  return ({ prompt, tools }) => {
    const seen = new SeenText(prompt, embedder);
    const text = seen.ends;
    const found = tests.find((intent) => intent.tests.some((test) => test(seen)));
    if (found !== undefined) return told(found.name, "clue");
    const isOwn = model?.besideClues === false;
    const own = isOwn ? guess(prompt) : null;
    if (own !== null) return own;
    const clued = shippedIntentOf(text, tools);
    if (!namesNoTask.has(clued)) return told(clued, "shipped-clue");
    return (isOwn ? null : guess(prompt)) ?? untold(text, clued);
  };
}

function told(intent: string, by: IntentSource): IntentReading {
  return { intent, confidence: undefined, by, isOpen: false };
}

const nobodyKnows: IntentReading = {
  intent: undefined,
  confidence: undefined,
  by: undefined,
  isOpen: true,
};

/** Four digits: more would be none of the calibration's. */
const precision = 10_000;

const unknown = { intent: otherIntent, isLabel: false, confidence: 0 };

type ClueTest = (seen: SeenText) => boolean;

function clueTest(clue: DeclaredIntent["clues"][number], embedder: Embedder | null): ClueTest[] {
  if (clue.kind === "like") {
    const test = embedder === null ? likeTest(clue.text) : meaningTest(clue.text, embedder);
    return [({ ends, place }) => test(ends, place)];
  }
  if (clue.kind === "matches") {
    const compiled = compileTextTest("matches", clue.pattern);
    if (!compiled.ok) return [];
    const { test } = compiled;
    return [({ prompt }) => test(prompt)];
  }
  const wanted = clue.text.toLowerCase();
  return [(seen) => seen.lower().includes(wanted)];
}

/** A prompt as clues see it: words are looked for in all of it, or padding would hide them; likeness is of its head and tail. */
class SeenText {
  readonly prompt: string;
  readonly ends: string;
  readonly #embedder: Embedder | null;
  #lower: string | null = null;
  #place: Float32Array | null = null;

  constructor(prompt: string, embedder: Embedder | null) {
    this.prompt = prompt;
    this.ends = headAndTail(prompt);
    this.#embedder = embedder;
  }

  readonly lower = (): string => {
    this.#lower ??= this.prompt.toLowerCase();
    return this.#lower;
  };

  readonly place = (): Float32Array => {
    this.#place ??= this.#embedder?.embed(this.ends) ?? new Float32Array();
    return this.#place;
  };
}
