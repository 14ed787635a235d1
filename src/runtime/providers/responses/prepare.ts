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
import type { Carrier } from "../carrier.ts";
import { isFields } from "../error-signal.ts";
import { overrideConversation } from "../override-conversation.ts";
import { inputItems } from "./input-items.ts";

type Loose = Record<string, unknown>;

/** What only this wire says: handed on as it came. */
const ownSettings = [
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
];
const longestUser = 128;
const longestCacheKey = 64;
const mostMetadata = 16;
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
  const { stop: _stop, ...set } = overrides.set ?? {};
  const conversation = overrideConversation(asked, target, { ...rest, set });
  const { foreign } = conversation;
  const out: Loose = {
    model: target.model,
    input: inputItems(conversation, target, carrier),
    ...storing(foreign),
    ...limitOf(conversation, target, ceiling),
    ...samplingOf(conversation.sampling, target, carrier),
    ...toolsOf(conversation, carrier),
    ...textOf(conversation),
    ...reasoningOf(conversation, target),
    ...plainOf(conversation),
  };
  const include = includeOf(conversation, target);
  if (include.length > 0) out["include"] = include;
  for (const name of ownSettings) if (foreign[name] !== undefined) out[name] = foreign[name];
  refuseRest(conversation, carrier);
  return JSON.stringify(out);
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

/** Sampling that this wire has; what it has not is left out. */
function samplingOf(sampling: Sampling, target: Target, carrier: Carrier): Loose {
  if (target.rejectsSampling) return {};
  const others: readonly (readonly [string, unknown])[] = [
    ["top_k", sampling.topK],
    ["min_p", sampling.minP],
    ["presence_penalty", sampling.presencePenalty || null],
    ["frequency_penalty", sampling.frequencyPenalty || null],
    ["seed", sampling.seed],
    ["logit_bias", sampling.logitBias],
  ];
  for (const [name, value] of others) if (value !== null) carrier.leavesOut(name);
  const { temperature, topP: top_p, topLogprobs: top_logprobs } = sampling;
  return present({ temperature, top_p, top_logprobs: top_logprobs || null });
}

function toolsOf(conversation: Conversation, carrier: Carrier): Loose {
  const { tools, toolChoice, parallelCalls, foreign } = conversation;
  const declared = tools.flatMap((tool) => toolOf(tool, carrier));
  if (declared.length === 0) return {};
  const choice = toolChoice === null ? foreign["tool_choice"] : choiceOf(toolChoice, tools);
  return {
    tools: declared,
    ...(isFields(choice) || typeof choice === "string" ? { tool_choice: choice } : {}),
    ...present({ parallel_tool_calls: parallelCalls }),
  };
}

/** Schemas are strict here when nothing is said, elsewhere they are not: it is said. */
function toolOf(tool: Tool, carrier: Carrier): readonly Fields[] {
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
      if (tool.dialect === "responses") return [tool.value];
      carrier.cannot(tool.path, `a tool of type '${tool.type}'`);
      return [];
  }
}

/** Chat completions nest a grammar; this wire does not. */
function flatFormat(format: Fields | null): Fields | null {
  const grammar = format?.["grammar"];
  return isFields(grammar) ? { type: "grammar", ...grammar } : format;
}

function choiceOf(
  choice: NonNullable<Conversation["toolChoice"]>,
  tools: readonly Tool[],
): string | Fields {
  switch (choice.kind) {
    case "named":
      return { type: choice.custom ? "custom" : "function", name: choice.name };
    case "allowed":
      return {
        type: "allowed_tools",
        mode: choice.mustCall ? "required" : "auto",
        tools: choice.names.map((name) => ({ type: kindOf(name, tools), name })),
      };
    default:
      return choice.kind;
  }
}

function kindOf(name: string, tools: readonly Tool[]): "custom" | "function" {
  const custom = tools.some((tool) => tool.kind === "custom" && tool.name === name);
  return custom ? "custom" : "function";
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

function reasoningOf({ reasoning: wish, foreign }: Conversation, target: Target): Loose {
  const own = isFields(foreign["reasoning"]) ? foreign["reasoning"] : {};
  const effort = target.rejectsEffort ? null : (wish.effort ?? impliedEffort(wish, target));
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
    for (const name of asked) if (typeof name === "string") include.add(name);
  const replays = conversation.turns.some((turn) =>
    turn.parts.some((part) => part.kind === "reasoning" && part.reasoning.encrypted !== null),
  );
  if (replays || target.abilities.has("reasoning")) include.add("reasoning.encrypted_content");
  if (conversation.sampling.topLogprobs !== null && !target.rejectsSampling)
    include.add("message.output_text.logprobs");
  return [...include];
}

function refuseRest({ stops, choices, prediction }: Conversation, carrier: Carrier): void {
  if (stops.length > 0) carrier.cannot("stop", "stop sequences");
  if (choices > 1) carrier.cannot("n", "more than one choice");
  if (prediction !== null) carrier.cannot("prediction", "a predicted output");
}

/** The fields that are not null. */
function present(fields: Fields): Loose {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
