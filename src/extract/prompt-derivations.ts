import type { FactValue } from "../facts/fact.ts";
import { holdsCode } from "../meaning/code-detector.ts";
import { createIntentReader, type DeclaredIntent } from "../meaning/intent.ts";
import { detectLanguage } from "../meaning/language.ts";

/** What a prompt's text says of a fact, when only the prompt (and perhaps the number of tools) is given; null for facts it says nothing of. */
export function derivationOf(
  name: string,
  intents: readonly DeclaredIntent[],
): ((prompt: string, tools: unknown) => FactValue | undefined) | null {
  switch (name) {
    case "language":
      return detectLanguage;
    case "code":
      return holdsCode;
    case "intent": {
      const read = createIntentReader(intents);
      return (prompt, tools) => read({ prompt, tools: typeof tools === "number" ? tools : 0 });
    }
    default:
      return null;
  }
}
