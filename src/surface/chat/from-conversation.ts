import { hashText } from "../../base/hash.ts";
import {
  type BeyondBody,
  beyond,
  type ChatBody,
  type Tool as ChatTool,
} from "../../protocol/chat-request.ts";
import type {
  Conversation,
  Fields,
  OutputFormat,
  Part,
  ReasoningWish,
  Sampling,
  Tool,
  ToolChoice,
  Turn,
} from "../../protocol/conversation.ts";
import { cacheField, markerType } from "./content-of-parts.ts";
import { messagesOfTurn } from "./messages-of-turn.ts";

/**
 * A conversation in the words of chat completions: facts are read from it and providers of that wire are sent it. What this wire
 * cannot say stands there under a type that is none of its own and with the `path` in the client's body, for an adapter to refuse.
 * `rest` is what else the client sends that the conversation does not hold: it counts for facts alone.
 */
export function chatBodyOf(conversation: Conversation, rest: readonly unknown[] = []): ChatBody {
  const { tools, stops, user, cacheKey, tier, metadata, verbosity, prediction } = conversation;
  return {
    model: conversation.model,
    messages: conversation.turns.flatMap(messagesOfTurn),
    ...(tools.length === 0 ? {} : { tools: tools.map(toolOf) }),
    ...said("tool_choice", choiceOf(conversation.toolChoice, tools)),
    ...said("parallel_tool_calls", conversation.parallelCalls),
    ...said("response_format", formatOf(conversation.format)),
    ...said("verbosity", verbosity),
    ...said("reasoning_effort", effortOf(conversation.reasoning)),
    ...samplingOf(conversation.sampling),
    ...said("max_completion_tokens", conversation.maxTokens),
    ...(stops.length === 0 ? {} : { stop: stops }),
    ...(conversation.choices === 1 ? {} : { n: conversation.choices }),
    ...said("user", user === null ? null : fittingUser(user)),
    ...said("metadata", metadata),
    ...said("service_tier", tier),
    ...said("prompt_cache_key", cacheKey),
    ...cacheField(conversation),
    ...said("prediction", prediction === null ? null : { type: "content", content: prediction }),
    ...(conversation.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    ...beyondOf(conversation, rest),
  };
}

/** What facts are read from beside the body, where there is any of it. */
function beyondOf(
  { foreign: settings, turns, tools }: Conversation,
  received: readonly unknown[],
): { readonly [beyond]?: BeyondBody } {
  const rest = [
    ...received,
    ...turns.flatMap(({ role, parts }) => parts.flatMap((part) => unplaced(part, role))),
    ...tools.flatMap(({ foreign }) => foreign ?? []),
  ];
  const isEmpty = rest.length === 0 && Object.keys(settings).length === 0;
  return isEmpty ? {} : { [beyond]: { settings, rest } };
}

/** What a part says that no message of this wire has a place for. */
function unplaced(part: Part, role: Turn["role"]): readonly unknown[] {
  const own = part.foreign === undefined ? [] : [part.foreign];
  switch (part.kind) {
    case "text":
      return part.citations === undefined ? own : [...own, part.citations];
    case "result":
      return [...own, ...part.parts.flatMap((inner) => unplaced(inner, role))];
    case "reasoning":
      return role === "assistant" ? own : [...own, part.reasoning.text];
    case "call":
      return role === "assistant" ? own : [...own, part.name, part.args];
    default:
      return own;
  }
}

/** The field, when anything was said. */
function said(name: string, value: unknown): Fields {
  return value === null ? {} : { [name]: value };
}

function toolOf(tool: Tool): ChatTool {
  const cache = cacheField(tool);
  switch (tool.kind) {
    case "function": {
      const { name, description, parameters, strict } = tool;
      return {
        type: "function",
        function: {
          name,
          ...(description === null ? {} : { description }),
          ...(parameters === null ? {} : { parameters }),
          ...(strict === null ? {} : { strict }),
        },
        ...cache,
      };
    }
    case "custom": {
      const { name, description, format } = tool;
      const nested = format === null ? null : nestedFormat(format);
      const custom = { name, ...said("description", description), ...said("format", nested) };
      return { type: "custom", custom, ...cache } as ChatTool;
    }
    case "foreign":
      return { type: markerType(tool.type), path: tool.path, value: tool.value } as ChatTool;
  }
}

/** Responses say a grammar flat; this wire nests it. */
function nestedFormat(format: Fields): Fields {
  const { type, ...grammar } = format;
  return type === "grammar" && grammar["grammar"] === undefined ? { type, grammar } : format;
}

function choiceOf(choice: ToolChoice | null, tools: readonly Tool[]): unknown {
  if (choice === null) return null;
  switch (choice.kind) {
    case "named":
      return named(choice.name, choice.custom);
    case "allowed": {
      const custom = new Set(tools.flatMap((tool) => (tool.kind === "custom" ? [tool.name] : [])));
      const allowed = choice.names.map((name) => named(name, custom.has(name)));
      const mode = choice.mustCall ? "required" : "auto";
      return { type: "allowed_tools", allowed_tools: { mode, tools: allowed } };
    }
    default:
      return choice.kind;
  }
}

function named(name: string, custom: boolean): Fields {
  return custom ? { type: "custom", custom: { name } } : { type: "function", function: { name } };
}

function formatOf(format: OutputFormat): unknown {
  switch (format.kind) {
    case "text":
      return null;
    case "object":
      return { type: "json_object" };
    case "schema":
      return {
        type: "json_schema",
        json_schema: {
          // This wire wants a name where others have none.
          name: format.name ?? "answer",
          schema: format.schema,
          ...said("description", format.description),
          ...said("strict", format.strict),
        },
      };
  }
}

/** The most tokens of thinking that each effort stands for; more is `high` (wire-formats §6.4). */
const efforts: readonly (readonly [effort: string, tokens: number])[] = [
  ["minimal", 512],
  ["low", 4096],
  ["medium", 16_384],
];

function effortOf(wish: ReasoningWish): string | null {
  if (wish.effort !== null) return wish.effort;
  const budget = wish.budgetTokens;
  if (budget !== null) return efforts.find(([, most]) => budget <= most)?.[0] ?? "high";
  return wish.enabled === false ? "none" : null;
}

function samplingOf(sampling: Sampling): Fields {
  const likely = sampling.topLogprobs;
  return {
    ...said("temperature", sampling.temperature),
    ...said("top_p", sampling.topP),
    ...said("top_k", sampling.topK),
    ...said("min_p", sampling.minP),
    ...said("presence_penalty", sampling.presencePenalty),
    ...said("frequency_penalty", sampling.frequencyPenalty),
    ...said("seed", sampling.seed),
    ...said("logit_bias", sampling.logitBias),
    ...(likely === null ? {} : { logprobs: true }),
    ...(likely === null || likely === 0 ? {} : { top_logprobs: likely }),
  };
}

/** Longer names of users are refused by most; a digest tells them apart as well. */
const longestUser = 64;

function fittingUser(user: string): string {
  return user.length > longestUser ? `user-${hashText(user)}` : user;
}
