import { shippedIntents } from "../../facts/built-in.ts";
import { causes } from "../../protocol/cause.ts";
import { optionTable } from "../checker/option-table.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";

/** Options, strategies and other words of the language that are no keywords (LANGUAGE §4). */
const words: readonly string[] = [
  ...optionTable.flatMap(({ usage }) => usage.match(/(?<![\w$])[a-z_][\w-]*/g) ?? []),
  ...["minute", "hour", "day", "month", "high", "normal", "low", "semantic", "wait"],
  ...["cheapest", "fastest", "best", "least-busy", "any", "requested", "supports", "retryable"],
  ...["every", "plan", "has", "target", "request"],
];

const cache = new WeakMap<Vocabulary, ReadonlySet<string>>();

/** Every word that a policy may use besides those it defines itself: targets, facts and their values, options, causes. */
export function knownWords(vocabulary: Vocabulary): ReadonlySet<string> {
  const cached = cache.get(vocabulary);
  if (cached !== undefined) return cached;
  const known = new Set([
    ...vocabulary.targets.keys(),
    ...vocabulary.facts.keys(),
    ...[...vocabulary.facts.values()].flatMap(({ type }) =>
      type.kind === "text" ? (type.values ?? []) : [],
    ),
    ...[...shippedIntents, ...causes, ...words],
  ]);
  cache.set(vocabulary, known);
  return known;
}
