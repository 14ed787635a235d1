import type { Target } from "../../../catalog/target.ts";
import type { Conversation } from "../../../protocol/conversation.ts";
import type { Overrides } from "../adapter.ts";
import { type Carrier, refuseForeign, tellReasoning } from "../carrier.ts";
import { overrideConversation } from "../override-conversation.ts";
import { cacheField } from "./cache-mark.ts";
import { withoutLostThinking } from "./lost-thinking.ts";
import { samplingOf } from "./sampling.ts";
import { takenStops } from "./stops.ts";
import {
  askedThinking,
  boundThinking,
  budgetOf,
  fitThinking,
  isChosen,
  isThinking,
  type ThinkingAsked,
  thinkingForEffort,
} from "./thinking.ts";
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
  const conversation = overrideConversation(asked, target, rest);
  refuseForeign(conversation, carrier, "messages");
  const said = toMessages(conversation, target.model, carrier);
  const messages = withoutPrefill(said.messages, conversation, target, carrier);
  const { thinking, effort, maxTokens } = thinkingOf(conversation, target, {
    messages,
    ceiling,
    carrier,
  });
  const mayForce = !target.rejectsForcedTools && !isThinking(thinking);
  const toolsOf = { calledNames: said.toolNames, mayForce };
  const system = [
    ...said.system,
    ...jsonInstruction(conversation),
    ...(mayForce ? [] : asBlocks(callInstruction(conversation))),
  ];
  const stops = takenStops(conversation.stops, overrides.set, carrier);
  const user = conversation.user ?? conversation.metadata?.["user_id"];
  const tier = tiers.get(conversation.tier);
  const out: Loose = {
    model: target.model,
    max_tokens: maxTokens,
    messages,
    ...(system.length === 0 ? {} : { system: systemField(system) }),
    ...toolFields(conversation, toolsOf, carrier),
    ...samplingOf(
      conversation.sampling,
      { isRefused: target.rejectsSampling || isThinking(thinking), set: overrides.set },
      carrier,
    ),
    ...outputConfig(conversation, effort),
    ...(stops.length === 0 ? {} : { stop_sequences: stops }),
    ...(conversation.stream ? { stream: true } : {}),
    ...(typeof user === "string" && user !== "" ? { metadata: { user_id: user } } : {}),
    ...(thinking === null ? {} : { thinking }),
    ...cacheField(conversation.cache),
    ...(tier === undefined ? {} : { service_tier: tier }),
  };
  return JSON.stringify(out);
}

/** The turns without an answer that the client began, where the target's model would not go on with it. */
function withoutPrefill(
  messages: readonly Message[],
  { turns }: Conversation,
  target: Target,
  carrier: Carrier,
): readonly Message[] {
  if (target.rejectsPrefill !== true || messages.at(-1)?.role !== "assistant") return messages;
  const begun = turns.findLast(({ role }) => role === "assistant");
  carrier.cannot(begun?.path ?? "messages", "an answer that the client began");
  return messages.slice(0, -1);
}

interface Around {
  readonly messages: readonly Message[];
  readonly ceiling: number | undefined;
  readonly carrier: Carrier;
}

/** What is said about thinking, and the limit of the answer, which is never more than the client asked for. A budget goes where the thinking that has to come back is lost. */
function thinkingOf(
  { reasoning, maxTokens: limit }: Conversation,
  target: Target,
  { messages, ceiling, carrier }: Around,
): ThinkingAsked & { readonly maxTokens: number } {
  const said = askedThinking(reasoning);
  const most = Math.min(
    ceiling ?? Number.POSITIVE_INFINITY,
    target.maxOutputTokens ?? Number.POSITIVE_INFINITY,
  );
  const allowed = finite(Math.min(limit ?? most, most));
  const made = said.thinking === null ? thinkingForEffort(reasoning.effort, target, allowed) : null;
  const param = made === null ? "thinking" : "reasoning_effort";
  const asks = made === null ? said : { ...said, thinking: made };
  const fitted = fitThinking(asks, target, allowed, carrier);
  const kept = withoutLostThinking(fitted.thinking, { messages, param }, carrier);
  const wanted = limit ?? roomFor(budgetOf(kept));
  const maxTokens = Math.min(wanted, most);
  const chosen = isChosen(kept, said.thinking);
  const bounds = {
    limit: chosen ? allowed : maxTokens,
    halves: chosen || maxTokens < wanted,
    param,
  } as const;
  const thinking = boundThinking(kept, bounds, carrier);
  const effort = target.rejectsEffort ? null : fitted.effort;
  // Within a budget the effort is told by its tokens.
  if (effort === null && thinking?.["type"] !== "enabled")
    tellReasoning(carrier, { ...reasoning, budgetTokens: null, enabled: wantsNone(reasoning) });
  return { thinking, effort, maxTokens };
}

/** What a request without a limit is given. What thinking may take counts against it on this wire. */
function roomFor(budget: number): number {
  return budget < defaultMaxTokens ? defaultMaxTokens : defaultMaxTokens + budget;
}

function finite(tokens: number): number | null {
  return Number.isFinite(tokens) ? tokens : null;
}

function wantsNone({ enabled }: Conversation["reasoning"]): false | null {
  return enabled === false ? false : null;
}

const tiers: ReadonlyMap<unknown, string> = new Map([
  ["auto", "auto"],
  ["default", "standard_only"],
]);

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

function asBlocks(text: string | null): readonly Block[] {
  return text === null ? [] : [{ type: "text", text }];
}

function outputConfig({ format }: Conversation, effort: string | null): Loose {
  const schema = format.kind === "schema" ? format.schema : null;
  if (effort === null && schema === null) return {};
  return {
    output_config: {
      ...(effort === null ? {} : { effort }),
      ...(schema === null ? {} : { format: { type: "json_schema", schema } }),
    },
  };
}
