import { bandAt } from "./cost.ts";
import type { Ability, Target } from "./target.ts";

/** What the runtime measures of a target, as a number: requests in flight or waiting, milliseconds, tokens per second, a share. */
export const measures = [
  "queue",
  "running",
  "kv",
  "cached",
  "ttft",
  "tps",
  "latency",
  "error_rate",
] as const;

export type Measure = (typeof measures)[number];

/** Live facts of targets, as the runtime measures them; undefined where nothing is known. */
export interface LiveTargets {
  healthy(target: string): boolean | undefined;
  measured(target: string, measure: Measure): number | undefined;
}

/** Live facts where none are measured: every target is taken for healthy, and nothing else is known. */
export const noLiveTargets: LiveTargets = {
  healthy: () => true,
  measured: () => undefined,
};

/** What a target's fact may depend on besides the target. */
export interface TargetMoment {
  readonly live: LiveTargets;
  /** Milliseconds since the epoch: which prices are in force. */
  readonly atMs: number;
  /** Tokens of the prompt: they choose the price band. */
  readonly promptTokens: number;
}

/** The value of one fact of one target, by its name in the language: `region`, `price.input`, `supports(tools)`; undefined is unknown. */
export function readTargetFact(
  target: Target,
  fact: string,
  { live, atMs, promptTokens }: TargetMoment,
): number | string | boolean | undefined {
  switch (fact) {
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
      return bandAt(target, promptTokens, atMs)?.input;
    case "price.output":
      return bandAt(target, promptTokens, atMs)?.output;
    case "healthy":
      return live.healthy(target.name);
    case "queue":
    case "running":
    case "kv":
    case "cached":
    case "ttft":
    case "tps":
    case "latency":
    case "error_rate":
      return live.measured(target.name, fact);
    default:
      return readAbility(target, fact);
  }
}

function readAbility({ abilities }: Target, fact: string): boolean | undefined {
  const ability = /^supports\((\w+)\)$/.exec(fact)?.[1];
  return ability === undefined ? undefined : abilities.has(ability as Ability);
}
