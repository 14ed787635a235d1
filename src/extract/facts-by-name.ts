import type { FactValue } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import type { CheckedIntent } from "../language/checker/checked-policy.ts";
import type { RequestContext } from "./context.ts";
import { dearFactReader } from "./dear-facts.ts";
import type { ExtractorOptions, FactVocabulary } from "./extractor.ts";
import { exactTokens } from "./token-facts.ts";

/**
 * Makes a reader of facts by name, dear ones included, in the form `createNamedFacts` takes: null is unknown. For
 * `explain` with a body, logs of bodies, and facts that a record holds for later. `prompt` and `system` come as text:
 * do not log them. Names that are no facts are left out.
 */
export function createFactsByName(
  names: readonly string[],
  intents: readonly CheckedIntent[],
  vocabulary: FactVocabulary,
  options: ExtractorOptions = {},
): (context: RequestContext) => Promise<Record<string, FactValue | null>> {
  const pause =
    options.pause ?? ((): Promise<void> => new Promise((resolve) => setImmediate(resolve)));
  const binding = {
    facts: vocabulary.facts,
    intents,
    strange: options.strangeValue ?? ((): void => undefined),
    pause,
  };
  const readers = names.flatMap((name) => {
    const fact = lookUpFact(vocabulary.facts, name);
    if (fact === null) return [];
    const isTokens = name === "tokens" && fact.from.length === 0;
    const read = isTokens
      ? ({ chat }: RequestContext) => exactTokens(chat.body, pause)
      : dearFactReader(name, binding);
    return [{ name, read }];
  });
  return async (context) => {
    const facts: Record<string, FactValue | null> = {};
    for (const { name, read } of readers) facts[name] = (await read(context)) ?? null;
    return facts;
  };
}
