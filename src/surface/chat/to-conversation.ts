import type { ChatBody } from "../../protocol/chat-request.ts";
import type {
  CacheMark,
  Conversation,
  Fields,
  OutputFormat,
  ReasoningWish,
  Sampling,
  Tool,
  ToolChoice,
} from "../../protocol/conversation.ts";
import { cacheMarkOf, isFields, numberOf, textOf } from "../fields.ts";
import { turnsOf } from "./to-turns.ts";

/** Fields that have a place of their own in a conversation. */
const placed: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "response_format",
  "verbosity",
  "reasoning_effort",
  "reasoning",
  "thinking",
  "temperature",
  "top_p",
  "top_k",
  "min_p",
  "presence_penalty",
  "frequency_penalty",
  "seed",
  "logit_bias",
  "logprobs",
  "top_logprobs",
  "max_tokens",
  "max_completion_tokens",
  "stop",
  "n",
  "user",
  "safety_identifier",
  "metadata",
  "service_tier",
  "prompt_cache_key",
  "cache_control",
  "prediction",
  "stream",
  "stream_options",
]);

/** A checked chat body in no wire's own words. */
export function chatToConversation(body: ChatBody): Conversation {
  const foreign: Record<string, unknown> = {};
  for (const name in body) if (!placed.has(name) && body[name] !== null) foreign[name] = body[name];
  return {
    model: body.model,
    turns: turnsOf(body.messages),
    tools: (body.tools ?? []).map((tool, at) => toolOf(tool as unknown as Fields, `tools[${at}]`)),
    toolChoice: toolChoiceOf(body.tool_choice),
    parallelCalls: body.parallel_tool_calls ?? null,
    format: formatOf(body.response_format),
    verbosity: textOf(body["verbosity"]),
    reasoning: reasoningOf(body),
    sampling: samplingOf(body),
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
    stops: typeof body.stop === "string" ? [body.stop] : (body.stop ?? []),
    choices: body.n ?? 1,
    user: textOf(body["safety_identifier"]) ?? textOf(body.user),
    metadata: body.metadata ?? null,
    tier: textOf(body["service_tier"]),
    cacheKey: textOf(body["prompt_cache_key"]),
    cache: cacheMarkOf(body["cache_control"]),
    prediction: predictionOf(body["prediction"]),
    stream: body.stream === true,
    foreign,
  };
}

function toolOf(tool: Fields, path: string): Tool {
  const mark = cacheMarkOf(tool["cache_control"]);
  const place: { readonly path: string; readonly cache?: CacheMark } =
    mark === null ? { path } : { path, cache: mark };
  const declared = tool["function"];
  if (tool["type"] === "function" && isFields(declared))
    return {
      kind: "function",
      name: String(declared["name"]),
      description: textOf(declared["description"]),
      parameters: isFields(declared["parameters"]) ? declared["parameters"] : null,
      strict: typeof declared["strict"] === "boolean" ? declared["strict"] : null,
      ...place,
    };
  const custom = tool["custom"];
  if (tool["type"] === "custom" && isFields(custom) && typeof custom["name"] === "string")
    return {
      kind: "custom",
      name: custom["name"],
      description: textOf(custom["description"]),
      format: isFields(custom["format"]) ? custom["format"] : null,
      ...place,
    };
  return { kind: "foreign", dialect: "chat", type: String(tool["type"]), value: tool, ...place };
}

function toolChoiceOf(choice: ChatBody["tool_choice"]): ToolChoice | null {
  if (choice === undefined || choice === null) return null;
  if (typeof choice === "string")
    return choice === "none" || choice === "required" ? { kind: choice } : { kind: "auto" };
  const allowed = choice["allowed_tools"];
  if (isFields(allowed)) {
    const tools = Array.isArray(allowed["tools"]) ? (allowed["tools"] as readonly unknown[]) : [];
    return {
      kind: "allowed",
      mustCall: allowed["mode"] === "required",
      names: tools.map(nameOfTool).filter((name) => name !== null),
    };
  }
  const name = nameOfTool(choice);
  return name === null ? null : { kind: "named", name, custom: choice["type"] === "custom" };
}

function nameOfTool(tool: unknown): string | null {
  if (!isFields(tool)) return null;
  const named = tool["function"] ?? tool["custom"];
  return isFields(named) ? textOf(named["name"]) : textOf(tool["name"]);
}

function formatOf(format: ChatBody["response_format"]): OutputFormat {
  if (format?.type === "json_object") return { kind: "object" };
  const described = format?.json_schema as Fields | undefined;
  if (format?.type !== "json_schema" || described === undefined) return { kind: "text" };
  return {
    kind: "schema",
    name: textOf(described["name"]),
    description: textOf(described["description"]),
    schema: isFields(described["schema"]) ? described["schema"] : { type: "object" },
    strict: typeof described["strict"] === "boolean" ? described["strict"] : null,
  };
}

/** Effort under its own name, and under those that relays and makers of models use for more. */
function reasoningOf(body: ChatBody): ReasoningWish {
  const relayed = isFields(body["reasoning"]) ? body["reasoning"] : {};
  const thinking = isFields(body["thinking"]) ? body["thinking"] : {};
  return {
    effort: textOf(body.reasoning_effort) ?? textOf(relayed["effort"]),
    budgetTokens: numberOf(thinking["budget_tokens"]) ?? numberOf(relayed["max_tokens"]),
    enabled: enabledOf(thinking["type"], relayed["enabled"]),
    ...(typeof thinking["type"] === "string" ? { mode: thinking["type"] } : {}),
    summary: textOf(thinking["display"]) ?? textOf(relayed["summary"]),
  };
}

function enabledOf(type: unknown, flag: unknown): boolean | null {
  if (typeof type === "string") return type !== "disabled";
  return typeof flag === "boolean" ? flag : null;
}

function samplingOf(body: ChatBody): Sampling {
  const top = numberOf(body["top_logprobs"]);
  return {
    temperature: numberOf(body.temperature),
    topP: numberOf(body.top_p),
    topK: numberOf(body["top_k"]),
    minP: numberOf(body["min_p"]),
    presencePenalty: numberOf(body["presence_penalty"]),
    frequencyPenalty: numberOf(body["frequency_penalty"]),
    seed: numberOf(body["seed"]),
    logitBias: isFields(body["logit_bias"]) ? body["logit_bias"] : null,
    topLogprobs: body["logprobs"] === true ? (top ?? 0) : null,
  };
}

function predictionOf(prediction: unknown): string | null {
  if (!isFields(prediction)) return null;
  const { content } = prediction;
  if (!Array.isArray(content)) return textOf(content);
  return content
    .map((part: unknown) => (isFields(part) ? (textOf(part["text"]) ?? "") : ""))
    .join("");
}
