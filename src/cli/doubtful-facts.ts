import { didYouMean } from "../diagnostics/suggest.ts";
import type { FactTable, FactType } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import { lookUpTargetFact } from "../facts/target-facts.ts";
import { readFactValue } from "../facts/value.ts";
import type { CheckedIntent } from "../language/checker/checked-policy.ts";
import { typeName } from "../language/checker/typed.ts";

/** What facts given by hand are held against. */
export interface KnownFacts {
  readonly facts: FactTable;
  /** Names that the policy itself reads, tests of texts among them. */
  readonly read: readonly string[];
  /** The intents of the policy's own, which are values of `intent` too. */
  readonly intents: readonly Pick<CheckedIntent, "name">[];
}

/** One line for each given fact that will not count as meant: a name that no fact has, a value that is none of its type. */
export function doubtfulFacts(
  given: Readonly<Record<string, unknown>>,
  { facts, read, intents }: KnownFacts,
): readonly string[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const fact = lookUpFact(facts, name);
    if (fact === null) {
      const isTargetFact = lookUpTargetFact(name.slice(name.indexOf(".") + 1)) !== null;
      if (read.includes(name) || (isTargetFact && name.includes("."))) return [];
      const near = didYouMean(name, [...read, ...facts.keys()]);
      const hint = near === null ? "" : `; did you mean \`${near}\`?`;
      return [`no fact is called \`${name}\`: it is left out${hint}`];
    }
    const type = name === "intent" ? withOwn(fact.type, intents) : fact.type;
    // Null is unknown, and a pair is the bounds of a number.
    const isReadable =
      value === null || Array.isArray(value) || readFactValue(type, value) !== undefined;
    if (isReadable) return [];
    const values = type.kind === "text" ? type.values : undefined;
    const wanted = values === undefined ? typeName(type) : `one of ${values.join(", ")}`;
    return [`${JSON.stringify(value)} is not ${wanted}: \`${name}\` counts as unknown`];
  });
}

/** The type of an intent under a policy that has some of its own. */
function withOwn(type: FactType, intents: KnownFacts["intents"]): FactType {
  if (type.kind !== "text" || type.values === undefined) return type;
  return { ...type, values: [...new Set([...intents.map(({ name }) => name), ...type.values])] };
}
