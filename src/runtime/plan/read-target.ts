import type { Ability, Target } from "../../catalog/target.ts";
import { readTargetFact, type TargetMoment } from "../../catalog/target-fact.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { TargetQuestion } from "../../language/interpreter/target-condition.ts";

interface Present extends TargetMoment {
  /** Smallest ceiling on completion tokens in force; null counts as the target's own maximum. */
  readonly outputCeiling: number | null;
}

/** Answers a question of `where` about a candidate; undefined when it is not known. Prices are those of this prompt's band. */
export function readTarget(
  question: TargetQuestion,
  target: Target,
  present: Present,
): FactValue | undefined {
  if (question.kind === "target-name") return target.name;
  // There is no answer yet.
  if (question.kind === "response-fact") return undefined;
  if (question.kind === "supports") return target.abilities.has(question.ability as Ability);
  if (question.kind === "max-tokens") return outputTokensOf(target, present) ?? undefined;
  return readTargetFact(target, question.name, present);
}

/** Completion tokens that a target may write for this request; null when nothing bounds them. */
export function outputTokensOf(
  { maxOutputTokens }: Target,
  { outputCeiling }: Pick<Present, "outputCeiling">,
): number | null {
  if (outputCeiling === null || maxOutputTokens === null) return outputCeiling ?? maxOutputTokens;
  return Math.min(outputCeiling, maxOutputTokens);
}
