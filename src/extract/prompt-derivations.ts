import type { FactTable, FactValue } from "../facts/fact.ts";
import { holdsCode } from "../meaning/code-detector.ts";
import type { DeclaredIntent } from "../meaning/intent.ts";
import { detectLanguage } from "../meaning/language.ts";
import { difficultyReader } from "./difficulty-reader.ts";
import { intentReaderOf } from "./intent-reader.ts";

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
      if (name === "confidence" && facts.get("intent")?.model === undefined) return null;
      const read = intentReaderOf(facts, intents);
      return (prompt, tools) =>
        read({ prompt, tools: typeof tools === "number" ? tools : 0 })[name];
    }
    case "difficulty":
      return facts.get("difficulty")?.model === undefined ? null : difficultyReader(facts);
    default:
      return null;
  }
}
