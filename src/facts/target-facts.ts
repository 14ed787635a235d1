import type { Ability } from "../catalog/target.ts";
import type { FactType } from "./fact.ts";

/** A fact of a target: usable as `region` inside `where`, and as `claude.region` in a rule. */
export interface TargetFact {
  readonly name: string;
  readonly type: FactType;
  /** Static ones stand in the configuration and catalog; live ones are read once per request. */
  readonly kind: "static" | "live";
  readonly mayBeUnknown: boolean;
  readonly doc: string;
}

/** The facts of a target, `supports(…)` apart. */
export const targetFacts: readonly TargetFact[] = [
  {
    name: "region",
    type: { kind: "text" },
    kind: "static",
    mayBeUnknown: true,
    doc: "Where the target runs, as configured.",
  },
  {
    name: "local",
    type: { kind: "boolean" },
    kind: "static",
    mayBeUnknown: false,
    doc: "Whether the operator runs the target itself.",
  },
  {
    name: "context",
    type: { kind: "whole" },
    kind: "static",
    mayBeUnknown: true,
    doc: "Tokens that fit, prompt and completion together.",
  },
  {
    name: "price.input",
    type: { kind: "price" },
    kind: "static",
    mayBeUnknown: true,
    doc: "Price of a prompt token, in the band of this request's prompt.",
  },
  {
    name: "price.output",
    type: { kind: "price" },
    kind: "static",
    mayBeUnknown: true,
    doc: "Price of a completion token, in the band of this request's prompt.",
  },
  {
    name: "quality",
    type: { kind: "decimal" },
    kind: "static",
    mayBeUnknown: true,
    doc: "The configured score, 0 to 1.",
  },
  {
    name: "quantization",
    type: { kind: "text" },
    kind: "static",
    mayBeUnknown: true,
    doc: "How the weights are quantized, as configured.",
  },
  {
    name: "healthy",
    type: { kind: "boolean" },
    kind: "live",
    mayBeUnknown: false,
    doc: "Whether requests are sent to the target at present.",
  },
  {
    name: "queue",
    type: { kind: "whole" },
    kind: "live",
    mayBeUnknown: true,
    doc: "Requests in flight or waiting at the target.",
  },
  {
    name: "running",
    type: { kind: "whole" },
    kind: "live",
    mayBeUnknown: true,
    doc: "Requests that its server works on, everybody's together; where the server tells.",
  },
  {
    name: "kv",
    type: { kind: "decimal" },
    kind: "live",
    mayBeUnknown: true,
    doc: "Share of its server's KV cache in use, 0 to 1; where the server tells.",
  },
  {
    name: "cached",
    type: { kind: "whole" },
    kind: "live",
    mayBeUnknown: true,
    doc: "Tokens of this prompt that it probably has in its prompt cache, from an earlier request of the session.",
  },
  {
    name: "ttft",
    type: { kind: "duration" },
    kind: "live",
    mayBeUnknown: true,
    doc: "Time to the first token, lately (peak EWMA).",
  },
  {
    name: "tps",
    type: { kind: "decimal" },
    kind: "live",
    mayBeUnknown: true,
    doc: "Tokens per second of its streams, lately.",
  },
  {
    name: "latency",
    type: { kind: "duration" },
    kind: "live",
    mayBeUnknown: true,
    doc: "Time to the whole answer, lately.",
  },
  {
    name: "error_rate",
    type: { kind: "decimal" },
    kind: "live",
    mayBeUnknown: true,
    doc: "Share of its attempts that failed, lately.",
  },
];

const byName: ReadonlyMap<string, TargetFact> = new Map(
  targetFacts.map((each) => [each.name, each]),
);

/** The arguments `supports(…)` takes. */
export const abilities: readonly Ability[] = [
  "tools",
  "images",
  "audio",
  "files",
  "json",
  "json_schema",
  "reasoning",
  "streaming",
];

/** The target fact of a name, without the target: `region`, `price.input`; null when there is none. */
export function lookUpTargetFact(name: string): TargetFact | null {
  return byName.get(name) ?? null;
}
