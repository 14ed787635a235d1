import { bandAt } from "../../catalog/cost.ts";
import type { Ability, Target } from "../../catalog/target.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { TargetQuestion } from "../../language/interpreter/target-condition.ts";

/** What is known of targets at this moment; undefined where it is not. */
export interface LiveFacts {
  healthy(target: string): boolean | undefined;
  /** Requests in flight or waiting at the target. */
  queue(target: string): number | undefined;
}

/** Live facts where none are measured: every target is taken for healthy, no queue is known. */
export const noLiveFacts: LiveFacts = { healthy: () => true, queue: () => undefined };

interface Present {
  readonly promptTokens: number;
  /** Smallest ceiling on completion tokens in force; null counts as the target's own maximum. */
  readonly outputCeiling: number | null;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly live: LiveFacts;
}

/** Answers a question of `where` about a candidate; undefined when it is not known. Prices are those of this prompt's band. */
export function readTarget(
  question: TargetQuestion,
  target: Target,
  present: Present,
): FactValue | undefined {
  if (question.kind === "target-name") return target.name;
  if (question.kind === "supports") return target.abilities.has(question.ability as Ability);
  if (question.kind === "max-tokens") return outputTokensOf(target, present) ?? undefined;
  return readTargetFact(question.name, target, present);
}

/** Completion tokens that a target may write for this request; null when nothing bounds them. */
export function outputTokensOf(
  { maxOutputTokens }: Target,
  { outputCeiling }: Pick<Present, "outputCeiling">,
): number | null {
  if (outputCeiling === null || maxOutputTokens === null) return outputCeiling ?? maxOutputTokens;
  return Math.min(outputCeiling, maxOutputTokens);
}

function readTargetFact(name: string, target: Target, present: Present): FactValue | undefined {
  switch (name) {
    case "region":
      return target.region ?? undefined;
    case "local":
      return target.local;
    case "context":
      return target.contextTokens ?? undefined;
    case "quantization":
      return target.quantization ?? undefined;
    case "quality":
      return target.quality["default"];
    case "price.input":
      return bandAt(target, present.promptTokens, present.atMs)?.input;
    case "price.output":
      return bandAt(target, present.promptTokens, present.atMs)?.output;
    case "healthy":
      return present.live.healthy(target.name);
    case "queue":
      return present.live.queue(target.name);
    default:
      return undefined;
  }
}
