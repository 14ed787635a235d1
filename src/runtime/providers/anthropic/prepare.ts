import type { Target } from "../../../catalog/target.ts";
import type { CacheMark, Conversation, Sampling } from "../../../protocol/conversation.ts";
import type { Overrides } from "../adapter.ts";
import { type Carrier, refuseForeign } from "../carrier.ts";
import { overrideConversation } from "../override-conversation.ts";
import { lacksThinking } from "./lost-thinking.ts";
import { callInstruction, toolFields } from "./tools.ts";
import { type Block, type Message, toMessages } from "./turns.ts";

type Loose = Record<string, unknown>;

/** Sent when neither client nor plan bounds the answer: this wire has no default of its own. */
const defaultMaxTokens = 8192;

/** The Messages body of a conversation as JSON text; the carrier notes what this wire cannot say. */
export function prepareMessages(
  asked: Conversation,
  target: Target,
  overrides: Overrides,
  carrier: Carrier,
): string {
  const { maxTokens: ceiling, ...rest } = overrides;
  const overridden = overrideConversation(asked, target, rest);
  refuseForeign(overridden, carrier, "messages");
  if (overridden.choices > 1) carrier.cannot("n", "more than one choice");
  const said = toMessages(overridden, target.model, carrier);
  const conversation = withoutLostThinking(overridden, said.messages, carrier);
  const mayForce = !target.rejectsForcedTools && !thinks(conversation);
  const toolsOf = { calledNames: said.toolNames, mayForce };
  const system = [
    ...said.system,
    ...jsonInstruction(conversation),
    ...(mayForce ? [] : asBlocks(callInstruction(conversation))),
  ];
  const stops = conversation.stops.filter((text) => text.trim() !== "");
  const user = conversation.user ?? conversation.metadata?.["user_id"];
  const tier = tiers.get(conversation.tier);
  const out: Loose = {
    model: target.model,
    max_tokens: maxTokens(conversation, target, ceiling),
    messages: said.messages,
    ...(system.length === 0 ? {} : { system: systemField(system) }),
    ...toolFields(conversation, toolsOf, carrier),
    ...samplingOf(conversation, target, carrier),
    ...outputConfig(conversation, target),
    ...(stops.length === 0 ? {} : { stop_sequences: stops }),
    ...(conversation.stream ? { stream: true } : {}),
    ...(typeof user === "string" && user !== "" ? { metadata: { user_id: user } } : {}),
    ...thinkingField(conversation),
    ...cacheField(conversation.cache),
    ...(tier === undefined ? {} : { service_tier: tier }),
  };
  return JSON.stringify(out);
}

/** The conversation without a budget to think, where the thinking that has to come back is lost. */
function withoutLostThinking(
  conversation: Conversation,
  messages: readonly Message[],
  carrier: Carrier,
): Conversation {
  const { reasoning } = conversation;
  if (reasoning.budgetTokens === null || reasoning.enabled === false) return conversation;
  if (!lacksThinking(messages)) return conversation;
  carrier.leavesOut("thinking");
  return { ...conversation, reasoning: { ...reasoning, enabled: null, budgetTokens: null } };
}

const tiers: ReadonlyMap<unknown, string> = new Map([
  ["auto", "auto"],
  ["default", "standard_only"],
]);

/** What thinking may take counts against the limit here, so that a limit within the budget is meant for the answer alone. */
function maxTokens(
  { maxTokens: most, reasoning }: Conversation,
  target: Target,
  ceiling: number | undefined,
): number {
  const asked = most ?? defaultMaxTokens;
  const budget = reasoning.budgetTokens ?? 0;
  return Math.min(
    budget >= asked ? asked + budget : asked,
    ceiling ?? Number.POSITIVE_INFINITY,
    target.maxOutputTokens ?? Number.POSITIVE_INFINITY,
  );
}

/** One string where nothing is lost by it; blocks where a cache mark stands. */
function systemField(blocks: readonly Block[]): string | readonly Block[] {
  const isPlain = blocks.every(
    (block) => block["type"] === "text" && block["cache_control"] === undefined,
  );
  return isPlain ? blocks.map((block) => block["text"]).join("\n\n") : blocks;
}

/** This wire has no switch for "some JSON object": it is asked for in words. */
function jsonInstruction({ format }: Conversation): readonly Block[] {
  if (format.kind !== "object") return [];
  return asBlocks("Answer with one JSON object and nothing else, without code fences.");
}

/** Where the client's body has each knob that this wire does not know. */
const unknownKnobs: Readonly<Partial<Record<keyof Sampling, string>>> = {
  minP: "min_p",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
  seed: "seed",
  logitBias: "logit_bias",
};

/** Temperature is clamped to 0..1; models that refuse sampling, and all while they think, get none; both knobs at once are refused by some, so one goes. */
function samplingOf(conversation: Conversation, target: Target, carrier: Carrier): Loose {
  const { sampling } = conversation;
  if (sampling.topLogprobs !== null) carrier.cannot("logprobs", "the likelihood of tokens");
  for (const [knob, name] of Object.entries(unknownKnobs))
    if (sampling[knob as keyof Sampling]) carrier.leavesOut(name);
  const { temperature, topP, topK } = sampling;
  if (target.rejectsSampling || thinks(conversation)) {
    if (temperature !== null && temperature !== 1) carrier.leavesOut("temperature");
    if (topP !== null && topP !== 1) carrier.leavesOut("top_p");
    if (topK !== null) carrier.leavesOut("top_k");
    return {};
  }
  const out: Loose = {};
  if (temperature !== null) out["temperature"] = Math.min(1, temperature);
  if (topP !== null && temperature === null) out["top_p"] = topP;
  if (topP !== null && temperature !== null && topP !== 1) carrier.leavesOut("top_p");
  if (topK !== null) out["top_k"] = topK;
  return out;
}

/** While it thinks, no model takes sampling or a forced call. */
function thinks({ reasoning }: Conversation): boolean {
  return reasoning.enabled === true;
}

function thinkingField({ reasoning }: Conversation): Loose {
  const { enabled, budgetTokens, mode, summary } = reasoning;
  if (enabled === null && budgetTokens === null) return {};
  const display = summary === "omitted" || summary === "summarized" ? { display: summary } : {};
  if (enabled === false) return { thinking: { type: "disabled" } };
  if (budgetTokens !== null)
    return { thinking: { type: "enabled", budget_tokens: budgetTokens, ...display } };
  return { thinking: { type: mode ?? "adaptive", ...display } };
}

function cacheField(cache: CacheMark | null): Loose {
  if (cache === null) return {};
  const ttl = cache.ttl === null ? {} : { ttl: cache.ttl };
  return { cache_control: { type: "ephemeral", ...ttl } };
}

function asBlocks(text: string | null): readonly Block[] {
  return text === null ? [] : [{ type: "text", text }];
}

const efforts: ReadonlyMap<unknown, string> = new Map([
  ["none", "low"],
  ["minimal", "low"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
  ["xhigh", "xhigh"],
  ["max", "max"],
]);

function outputConfig({ reasoning, format }: Conversation, target: Target): Loose {
  const effort = target.rejectsEffort ? undefined : efforts.get(reasoning.effort);
  const schema = format.kind === "schema" ? format.schema : null;
  if (effort === undefined && schema === null) return {};
  return {
    output_config: {
      ...(effort === undefined ? {} : { effort }),
      ...(schema === null ? {} : { format: { type: "json_schema", schema } }),
    },
  };
}
