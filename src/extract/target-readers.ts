import { bandAt } from "../catalog/cost.ts";
import type { Ability, Target } from "../catalog/target.ts";
import type { FactValue } from "../facts/fact.ts";
import type { LiveTargets } from "./context.ts";

/** What a target's fact may depend on besides the target. */
export interface TargetMoment {
  readonly live: LiveTargets;
  readonly nowMs: number;
  /** Tokens of the prompt: they choose the price band. */
  readonly promptTokens: number;
}

export type TargetReader = (moment: TargetMoment) => FactValue | undefined;

const constantly =
  (value: FactValue | null | undefined): TargetReader =>
  () =>
    value ?? undefined;

/** Makes the reader of one fact of one target: `region`, `price.input`, `supports(tools)`; undefined is unknown. */
export function targetReader(target: Target, fact: string): TargetReader {
  const ability = /^supports\((\w+)\)$/.exec(fact)?.[1];
  if (ability !== undefined) return constantly(target.abilities.has(ability as Ability));
  switch (fact) {
    case "region":
      return constantly(target.region);
    case "local":
      return constantly(target.local);
    case "context":
      return constantly(target.contextTokens);
    case "quantization":
      return constantly(target.quantization);
    case "quality":
      return constantly(target.quality["default"]);
    case "price.input":
      return (moment) => bandAt(target, moment.promptTokens, moment.nowMs)?.input;
    case "price.output":
      return (moment) => bandAt(target, moment.promptTokens, moment.nowMs)?.output;
    case "healthy":
      return ({ live }) => live.healthy(target.name);
    case "queue":
      return ({ live }) => live.queue(target.name);
    default:
      return constantly(undefined);
  }
}
