import { headAndTail } from "./head-and-tail.ts";
import { type IntentModel, otherIntent } from "./intent-model.ts";
import { likeTest } from "./like-test.ts";
import { shippedIntentOf } from "./shipped-clues.ts";
import { compileTextTest, type TextTest } from "./text-test.ts";

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

/** What a prompt asks for. */
export interface IntentReading {
  readonly intent: string;
  /** How sure a trained model is, calibrated, 0 to 1; undefined where a clue decided. */
  readonly confidence: number | undefined;
}

/** What the shipped clues say of a prompt by its form alone. */
const namesNoTask: ReadonlySet<string> = new Set(["chat", "write", otherIntent]);

/**
 * Makes the reader of `intent`: the declared intents in source order, the first with a clue that fits; else
 * a trained model of the user's, which says `other` where nothing is likely enough. Without one the shipped clues tell;
 * where they name no task and the shipped model is in use, it does, if it is sure enough. Throws nothing: the checker has refused patterns that do not compile.
 */
export function createIntentReader(
  declared: readonly DeclaredIntent[],
  model: IntentModel | null = null,
): (input: IntentInput) => IntentReading {
  const tests = declared.map(({ name, clues }) => ({
    name,
    tests: clues.flatMap((clue): TextTest[] => {
      if (clue.kind === "like") return [likeTest(clue.text)];
      const compiled =
        clue.kind === "matches"
          ? compileTextTest("matches", clue.pattern)
          : compileTextTest("contains", clue.text);
      return compiled.ok ? [compiled.test] : [];
    }),
  }));
  return ({ prompt, tools }) => {
    const text = headAndTail(prompt);
    const found = tests.find((intent) => intent.tests.some((test) => test(text)));
    if (found !== undefined) return { intent: found.name, confidence: undefined };
    if (model !== null && !model.besideClues) return model.guess(prompt);
    const clued = shippedIntentOf(text, tools);
    if (model !== null && namesNoTask.has(clued)) {
      const guess = model.guess(prompt);
      if (guess.intent !== otherIntent) return guess;
    }
    return { intent: clued, confidence: undefined };
  };
}
