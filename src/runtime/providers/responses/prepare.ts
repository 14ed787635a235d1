import { hashText } from "../../../base/hash.ts";
import type { Target } from "../../../catalog/target.ts";
import type {
  Conversation,
  Fields,
  OutputFormat,
  Sampling,
  Tool,
} from "../../../protocol/conversation.ts";
import type { Overrides } from "../adapter.ts";
import {
  type Carrier,
  isKnownNotToThink,
  refuseForeign,
  tellReasoning,
  tellSetting,
} from "../carrier.ts";
import { isFields } from "../error-signal.ts";
import { overrideConversation } from "../override-conversation.ts";
import { inputItems } from "./input-items.ts";

type Loose = Record<string, unknown>;

/** What only this wire says: handed on as it came. */
const ownSettings: ReadonlySet<string> = new Set([
  "background",
  "context_management",
  "conversation",
  "max_tool_calls",
  "moderation",
  "previous_response_id",
  "prompt",
  "prompt_cache_options",
  "prompt_cache_retention",
  "truncation",
]);
/** Settings of this wire alone that have a place of their own in the body. */
const placed: ReadonlySet<string> = new Set([
  "include",
  "reasoning",
  "store",
  "text",
  "tool_choice",
]);
const longestUser = 128;
const longestCacheKey = 64;
const mostMetadata = 16;
/** What of an answer has to be asked for by this name. */
const asksLogprobs = "message.output_text.logprobs";
/** Settings that rest on what the provider keeps. */
const stateful = ["background", "conversation", "previous_response_id", "prompt"];

/**
 * The body of `POST /v1/responses` for any conversation, as JSON text. Nothing is stored at the provider unless the client rests on
 * what is stored there; thinking is then asked for encrypted, so that it can be sent back.
 */
export function prepareResponses(
  asked: Conversation,
  target: Target,
  overrides: Overrides,
  carrier: Carrier,
): string {
  // Stops are not of this wire; a policy that sets them means the targets that take them.
  const { maxTokens: ceiling, ...rest } = overrides;
  const { stop, ...set } = overrides.set ?? {};
  if (stop !== undefined) carrier.leavesOut("stop");
  const conversation = overrideConversation(asked, target, { ...rest, set });
  const { foreign } = conversation;
  refuseForeign(conversation, carrier, "responses", takes);
  const out: Loose = {
    model: target.model,
    input: inputItems(conversation, target, carrier),
    ...storing(foreign),
    ...limitOf(conversation, target, ceiling),
    ...samplingOf(conversation.sampling, target, carrier),
    ...toolsOf(conversation),
    ...textOf(conversation),
    ...reasoningOf(conversation, target, carrier),
    ...plainOf(conversation),
  };
  const include = includeOf(conversation, target);
  if (include.length > 0) out["include"] = include;
  for (const [name, value] of Object.entries(foreign))
    if (ownSettings.has(name) && takes(name, value)) out[name] = value;
  return JSON.stringify(out);
}

/** Whether this wire has a place for a setting. Messages have a `context_management` too, which is an object and no list. */
function takes(name: string, value: unknown): boolean {
  if (name === "context_management") return Array.isArray(value);
  return ownSettings.has(name) || placed.has(name);
}

function storing(foreign: Fields): Loose {
  if (typeof foreign["store"] === "boolean") return { store: foreign["store"] };
  return stateful.some((name) => foreign[name] !== undefined) ? {} : { store: false };
}

function limitOf({ maxTokens }: Conversation, target: Target, ceiling: number | undefined): Loose {
  const most = target.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  const asked = maxTokens === null ? Number.POSITIVE_INFINITY : Math.min(maxTokens, most);
  const limit = Math.min(asked, ceiling ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(limit) ? { max_output_tokens: limit } : {};
}

/** Sampling that this wire has; models without any are told of none. */
function samplingOf(sampling: Sampling, target: Target, carrier: Carrier): Loose {
  const { temperature, topP: top_p, topLogprobs: top_logprobs } = sampling;
  if (!target.rejectsSampling)
    return present({ temperature, top_p, top_logprobs: top_logprobs || null });
  for (const [name, value] of Object.entries({ temperature, top_p, logprobs: top_logprobs }))
    tellSetting(carrier, name, value);
  return {};
}

function toolsOf(conversation: Conversation): Loose {
  const { tools, toolChoice, parallelCalls, foreign } = conversation;
  const declared = tools.flatMap(toolOf);
  if (declared.length === 0) return {};
  const choice = toolChoice === null ? foreign["tool_choice"] : choiceOf(toolChoice, declared);
  return {
    tools: declared,
    ...(isFields(choice) || typeof choice === "string" ? { tool_choice: choice } : {}),
    ...present({ parallel_tool_calls: parallelCalls }),
  };
}

/** Schemas are strict here when nothing is said, elsewhere they are not: it is said. */
function toolOf(tool: Tool): readonly Fields[] {
  switch (tool.kind) {
    case "function": {
      const parameters = tool.parameters ?? { type: "object", properties: {} };
      const { name, description, strict } = tool;
      const shape = { parameters, strict: strict ?? false };
      return [{ type: "function", name, ...present({ description }), ...shape }];
    }
    case "custom": {
      const { name, description, format } = tool;
      return [{ type: "custom", name, ...present({ description, format: flatFormat(format) }) }];
    }
    case "foreign":
      return tool.dialect === "responses" ? [tool.value] : [];
  }
}

/** Chat completions nest a grammar; this wire does not. */
function flatFormat(format: Fields | null): Fields | null {
  const grammar = format?.["grammar"];
  return isFields(grammar) ? { type: "grammar", ...grammar } : format;
}

/** The choice among the tools that are declared; of one that is not, nothing is said. */
function choiceOf(
  choice: NonNullable<Conversation["toolChoice"]>,
  declared: readonly Fields[],
): string | Fields | null {
  const types = new Map(declared.map(({ name, type }) => [name, type]));
  switch (choice.kind) {
    case "named":
      return types.has(choice.name) ? { type: types.get(choice.name), name: choice.name } : null;
    case "allowed": {
      const names = choice.names.filter((name) => types.has(name));
      if (names.length === 0) return null;
      const tools = names.map((name) => ({ type: types.get(name), name }));
      return { type: "allowed_tools", mode: choice.mustCall ? "required" : "auto", tools };
    }
    default:
      return choice.kind;
  }
}

function textOf({ format, verbosity, foreign }: Conversation): Loose {
  const own = isFields(foreign["text"]) ? foreign["text"] : {};
  const text = { ...present({ format: formatOf(format), verbosity }), ...own };
  return Object.keys(text).length === 0 ? {} : { text };
}

function formatOf(format: OutputFormat): Fields | null {
  if (format.kind !== "schema") return format.kind === "text" ? null : { type: "json_object" };
  const { name, description, schema, strict } = format;
  return {
    type: "json_schema",
    name: name ?? "answer",
    schema,
    ...present({ description, strict }),
  };
}

const summaries: ReadonlySet<unknown> = new Set(["auto", "concise", "detailed"]);

/** Models that do not think refuse an effort and a summary alike. */
function reasoningOf(
  { reasoning: wish, foreign }: Conversation,
  target: Target,
  carrier: Carrier,
): Loose {
  const own = isFields(foreign["reasoning"]) ? foreign["reasoning"] : {};
  const isDeaf = isKnownNotToThink(target);
  const effort =
    target.rejectsEffort || isDeaf ? null : (wish.effort ?? impliedEffort(wish, target));
  // A model that thinks does so without being told how much.
  const isMet = wish.enabled === true && target.abilities.has("reasoning");
  if (effort === null) tellReasoning(carrier, isMet ? { ...wish, enabled: null } : wish);
  if (isDeaf) return {};
  const summary = summaries.has(wish.summary) ? wish.summary : null;
  const reasoning = { ...present({ effort, summary }), ...own };
  return Object.keys(reasoning).length === 0 ? {} : { reasoning };
}

/** Wires that count the tokens of thinking: the nearest effort (wire-formats §6.4). Said only to a model that is known to think. */
function impliedEffort(wish: Conversation["reasoning"], target: Target): string | null {
  if (!target.abilities.has("reasoning")) return null;
  if (wish.enabled === false) return "none";
  const budget = wish.budgetTokens;
  if (budget === null) return null;
  if (budget <= 512) return "minimal";
  if (budget <= 2048) return "low";
  return budget <= 8192 ? "medium" : "high";
}

function plainOf(conversation: Conversation): Loose {
  const { user, metadata, tier, cacheKey, stream } = conversation;
  return {
    ...present({ safety_identifier: fitting(user, longestUser), service_tier: tier }),
    ...present({ prompt_cache_key: fitting(cacheKey, longestCacheKey) }),
    ...(metadata === null ? {} : { metadata: takenMetadata(metadata) }),
    ...(stream ? { stream: true } : {}),
  };
}

/** Longer names are refused; a digest tells them apart as well. */
function fitting(name: string | null, longest: number): string | null {
  return name === null || name.length <= longest ? name : hashText(name);
}

/** The API takes 16 texts of some length, and what clients send for policies must not turn into a 400. */
function takenMetadata(metadata: Fields): Fields {
  const taken = Object.entries(metadata).filter(
    ([name, value]) => name.length <= 64 && typeof value === "string" && value.length <= 512,
  );
  return Object.fromEntries(taken.slice(0, mostMetadata));
}

/** Encrypted thinking is refused for models that do not think: it is asked for where the model is known to, or already did. */
function includeOf(conversation: Conversation, target: Target): readonly string[] {
  const include = new Set<string>();
  const asked = conversation.foreign["include"];
  if (Array.isArray(asked))
    for (const name of asked)
      if (typeof name === "string" && !(target.rejectsSampling && name === asksLogprobs))
        include.add(name);
  const replays = conversation.turns.some((turn) =>
    turn.parts.some((part) => part.kind === "reasoning" && part.reasoning.encrypted !== null),
  );
  if (replays || target.abilities.has("reasoning")) include.add("reasoning.encrypted_content");
  if (conversation.sampling.topLogprobs !== null && !target.rejectsSampling)
    include.add(asksLogprobs);
  return [...include];
}

/** The fields that are not null. */
function present(fields: Fields): Loose {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
