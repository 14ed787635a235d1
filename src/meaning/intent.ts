import { headAndTail } from "./head-and-tail.ts";
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

/**
 * Makes the reader of `intent`: the declared intents in source order, the first with a clue that fits; else what the
 * shipped clues say. Throws nothing: the checker has refused patterns that do not compile.
 */
export function createIntentReader(
  declared: readonly DeclaredIntent[],
): (input: IntentInput) => string {
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
    for (const intent of tests) if (intent.tests.some((test) => test(text))) return intent.name;
    return shippedIntentOf(text, tools);
  };
}
