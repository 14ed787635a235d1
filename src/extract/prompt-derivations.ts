import type { FactTable, FactValue } from "../facts/fact.ts";
import { holdsCode } from "../meaning/code-detector.ts";
import { createIntentReader, type DeclaredIntent } from "../meaning/intent.ts";
import { detectLanguage } from "../meaning/language.ts";
import { difficultyReader } from "./difficulty-reader.ts";
import { intentModelOf } from "./intent-models.ts";

/** What a prompt's text says of a fact, when only the prompt (and perhaps the number of tools) is given; null for facts it says nothing of. */
export function derivationOf(
  name: string,
  intents: readonly DeclaredIntent[],
  facts: FactTable,
): ((prompt: string, tools: unknown) => FactValue | undefined) | null {
  switch (name) {
    case "language":
      return detectLanguage;
    case "code":
      return holdsCode;
    case "intent":
    case "confidence": {
      const model = intentModelOf(facts);
      if (name === "confidence" && model === null) return null;
      const read = createIntentReader(intents, model);
      return (prompt, tools) =>
        read({ prompt, tools: typeof tools === "number" ? tools : 0 })[name];
    }
    case "difficulty":
      return facts.get("difficulty")?.model === undefined ? null : difficultyReader(facts);
    default:
      return null;
  }
}
