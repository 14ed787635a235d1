import type { Target } from "../../../catalog/target.ts";
import type { ChatBody, ChatRequest } from "../../../protocol/chat-request.ts";
import type { Failure } from "../../../protocol/failure.ts";
import type { Overrides } from "../adapter.ts";
import { isFields } from "../error-signal.ts";
import { type Block, toConversation } from "./messages.ts";
import { callInstruction, toolFields } from "./tools.ts";
import { unsupported } from "./unsupported.ts";

type Loose = Record<string, unknown>;

/** Sent when neither client nor plan bounds the answer: this wire has no default of its own. */
const defaultMaxTokens = 8192;

/** The Messages body of a chat request as JSON text; a failure names what this wire cannot carry. */
export function prepareMessages(
  request: ChatRequest,
  target: Target,
  overrides: Overrides,
): string | Failure {
  const body: ChatBody = { ...request.body, ...overrides.set };
  if (typeof body.n === "number" && body.n > 1) return unsupported("n", "more than one choice");
  const conversation = toConversation(body.messages, target.model);
  if ("cause" in conversation) return conversation;
  const mayForce = !target.rejectsForcedTools && !thinks(body);
  const tools = toolFields(body, conversation.toolNames, mayForce);
  if ("cause" in tools) return tools;
  const system = [
    ...conversation.system,
    ...jsonInstruction(body),
    ...(mayForce ? [] : asBlocks(callInstruction(body))),
  ];
  const out: Loose = {
    model: target.model,
    max_tokens: maxTokens(body, target, overrides.maxTokens),
    messages: conversation.turns,
    ...(system.length === 0 ? {} : { system: systemField(system) }),
    ...tools,
    ...samplingOf(body, target),
    ...outputConfig(body, target),
  };
  const stops = stopsOf(body.stop);
  if (stops.length > 0) out["stop_sequences"] = stops;
  if (body.stream === true) out["stream"] = true;
  const user = userOf(body);
  if (user !== null) out["metadata"] = { user_id: user };
  for (const name of ["thinking", "cache_control"])
    if (isFields(body[name])) out[name] = body[name];
  const tier = tiers.get(body["service_tier"]);
  if (tier !== undefined) out["service_tier"] = tier;
  return JSON.stringify(out);
}

const tiers: ReadonlyMap<unknown, string> = new Map([
  ["auto", "auto"],
  ["default", "standard_only"],
]);

/** What thinking may take counts against the limit here, so that a limit within the budget is meant for the answer alone. */
function maxTokens(body: ChatBody, target: Target, ceiling: number | undefined): number {
  const asked = body.max_completion_tokens ?? body.max_tokens ?? defaultMaxTokens;
  const thinking = body["thinking"];
  const budget = isFields(thinking) ? thinking["budget_tokens"] : 0;
  return Math.min(
    typeof budget === "number" && budget >= asked ? asked + budget : asked,
    ceiling ?? Number.POSITIVE_INFINITY,
    target.maxOutputTokens ?? Number.POSITIVE_INFINITY,
  );
}

/** One string where nothing is lost by it; blocks where a cache mark stands. */
function systemField(blocks: readonly Block[]): string | readonly Block[] {
  if (blocks.some((block) => block["cache_control"] !== undefined)) return blocks;
  return blocks.map((block) => block["text"]).join("\n\n");
}

/** This wire has no switch for "some JSON object": it is asked for in words. */
function jsonInstruction(body: ChatBody): readonly Block[] {
  if (body.response_format?.type !== "json_object") return [];
  return asBlocks("Answer with one JSON object and nothing else, without code fences.");
}

/** Temperature is clamped to 0..1; models that refuse sampling, and all while they think, get none; both knobs at once are refused by some, so one goes. */
function samplingOf(body: ChatBody, target: Target): Loose {
  if (target.rejectsSampling || thinks(body)) return {};
  const out: Loose = {};
  if (typeof body.temperature === "number") out["temperature"] = Math.min(1, body.temperature);
  else if (typeof body.top_p === "number") out["top_p"] = body.top_p;
  if (typeof body["top_k"] === "number") out["top_k"] = body["top_k"];
  return out;
}

/** While it thinks, no model takes sampling or a forced call. */
function thinks(body: ChatBody): boolean {
  const thinking = body["thinking"];
  return isFields(thinking) && thinking["type"] !== "disabled";
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

function outputConfig(body: ChatBody, target: Target): Loose {
  const effort = target.rejectsEffort ? undefined : efforts.get(body.reasoning_effort);
  const schema =
    body.response_format?.type === "json_schema" ? body.response_format.json_schema : null;
  if (effort === undefined && !schema) return {};
  return {
    output_config: {
      ...(effort === undefined ? {} : { effort }),
      ...(schema
        ? { format: { type: "json_schema", schema: schema.schema ?? { type: "object" } } }
        : {}),
    },
  };
}

function stopsOf(stop: ChatBody["stop"]): readonly string[] {
  const list = typeof stop === "string" ? [stop] : (stop ?? []);
  return list.filter((text) => text.trim() !== "");
}

function userOf(body: ChatBody): string | null {
  const named = body["safety_identifier"] ?? body.user ?? body.metadata?.["user_id"];
  return typeof named === "string" && named !== "" ? named : null;
}
