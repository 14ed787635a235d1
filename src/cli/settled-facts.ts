import type { FactVocabulary } from "../extract/extractor.ts";
import { createNamedFacts, type FactRecord } from "../extract/named-facts.ts";
import type { FactValue } from "../facts/fact.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { createFrame, frameState, frameValue } from "../language/program/frame.ts";

/**
 * The operands of a policy that given facts settle, with their values; undefined is unknown. Settled is what stands among
 * the facts itself, or is told from facts that all do; null says that a fact is unknown. Bounds settle nothing.
 */
export function settledFacts(
  policy: CheckedPolicy,
  vocabulary: FactVocabulary,
  given: FactRecord,
): ReadonlyMap<number, FactValue | undefined> {
  const named = createNamedFacts(policy, vocabulary, { defaults: false });
  const frame = createFrame(policy.operands.length);
  named.fill(frame, given);
  const settled = new Map<number, FactValue | undefined>();
  for (const [at, { key, type }] of policy.operands.entries()) {
    const names = Object.hasOwn(given, key) ? [key] : named.partsOf(at);
    if (names.length === 0 || !names.every((name) => Object.hasOwn(given, name))) continue;
    const isKnown = frame.state[at] === frameState.known;
    // A value that does not tell it, such as a time of day where a date is asked for, leaves it open.
    if (isKnown || names.some((name) => given[name] === null)) {
      settled.set(at, isKnown ? frameValue(type, frame, at) : undefined);
    }
  }
  return settled;
}
