import type {
  Conversation,
  Fields,
  OutputFormat,
  ReasoningWish,
  Tool,
  ToolChoice,
  Turn,
} from "../../protocol/conversation.ts";
import { noSampling } from "../../protocol/conversation.ts";
import { isObject } from "../../protocol/field-checks.ts";
import { readInput } from "./read-items.ts";

type Loose = Record<string, unknown>;

/** Fields that a conversation has words for; what else a client says is foreign. */
const known: ReadonlySet<string> = new Set([
  "model",
  "input",
  "instructions",
  "stream",
  "max_output_tokens",
  "temperature",
  "top_p",
  "top_logprobs",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "reasoning",
  "text",
  "service_tier",
  "prompt_cache_key",
  "safety_identifier",
  "user",
  "metadata",
]);
const showsLogprobs = "message.output_text.logprobs";

/**
 * A checked body of `POST /v1/responses` as a conversation. `instructions` are a system turn before all others; state that the
 * provider keeps (`previous_response_id`, `conversation`, `prompt`, `store`, `background`) stays in `foreign`.
 */
export function toConversation(body: Fields): Conversation {
  const format = readFormat(objectOf(body["text"])["format"]);
  const choice = readChoice(body["tool_choice"]);
  return {
    model: String(body["model"]),
    turns: [...instructionsOf(body["instructions"]), ...readInput(body["input"])],
    tools: Array.isArray(body["tools"]) ? (body["tools"] as readonly Fields[]).map(readTool) : [],
    toolChoice: choice,
    parallelCalls: flagOf(body["parallel_tool_calls"]),
    format: format ?? { kind: "text" },
    verbosity: textOf(objectOf(body["text"])["verbosity"]),
    reasoning: readReasoning(objectOf(body["reasoning"])),
    sampling: {
      ...noSampling,
      temperature: numberOf(body["temperature"]),
      topP: numberOf(body["top_p"]),
      topLogprobs: logprobsOf(body),
    },
    maxTokens: numberOf(body["max_output_tokens"]),
    stops: [],
    choices: 1,
    user: textOf(body["safety_identifier"]) ?? textOf(body["user"]),
    metadata: isObject(body["metadata"]) ? body["metadata"] : null,
    tier: textOf(body["service_tier"]),
    cacheKey: textOf(body["prompt_cache_key"]),
    cache: null,
    prediction: null,
    stream: body["stream"] === true,
    foreign: foreignOf(body, { choice, format }),
  };
}

function instructionsOf(instructions: unknown): readonly Turn[] {
  const text = textOf(instructions);
  if (text === null || text === "") return [];
  const path = "instructions";
  return [{ role: "system", name: null, parts: [{ kind: "text", text, path }], path }];
}

function readTool(tool: Fields, at: number): Tool {
  const path = `tools[${at}]`;
  const description = textOf(tool["description"]);
  switch (tool["type"]) {
    case "function":
      return {
        kind: "function",
        name: String(tool["name"]),
        description,
        parameters: isObject(tool["parameters"]) ? tool["parameters"] : null,
        strict: flagOf(tool["strict"]),
        path,
      };
    case "custom":
      return {
        kind: "custom",
        name: String(tool["name"]),
        description,
        format: isObject(tool["format"]) ? tool["format"] : null,
        path,
      };
    default:
      return {
        kind: "foreign",
        dialect: "responses",
        type: String(tool["type"]),
        value: tool,
        path,
      };
  }
}

/** Null when nothing was said, or what no other wire can say: a tool of the provider's own. */
function readChoice(choice: unknown): ToolChoice | null {
  if (choice === "auto" || choice === "none" || choice === "required") return { kind: choice };
  if (!isObject(choice)) return null;
  const { type } = choice;
  if (type === "function" || type === "custom")
    return { kind: "named", name: String(choice["name"]), custom: type === "custom" };
  if (type !== "allowed_tools") return null;
  const names: string[] = [];
  for (const tool of choice["tools"] as readonly Fields[]) {
    if (typeof tool["name"] !== "string") return null;
    names.push(tool["name"]);
  }
  return { kind: "allowed", mustCall: choice["mode"] === "required", names };
}

function readFormat(format: unknown): OutputFormat | null {
  if (!isObject(format)) return null;
  switch (format["type"]) {
    case "text":
      return { kind: "text" };
    case "json_object":
      return { kind: "object" };
    case "json_schema":
      return {
        kind: "schema",
        name: textOf(format["name"]),
        description: textOf(format["description"]),
        schema: objectOf(format["schema"]),
        strict: flagOf(format["strict"]),
      };
    default:
      return null;
  }
}

function readReasoning(reasoning: Fields): ReasoningWish {
  return {
    effort: textOf(reasoning["effort"]),
    budgetTokens: null,
    enabled: null,
    summary: textOf(reasoning["summary"]) ?? textOf(reasoning["generate_summary"]),
  };
}

function logprobsOf(body: Fields): number | null {
  const { include } = body;
  const asked = Array.isArray(include) && include.includes(showsLogprobs);
  return numberOf(body["top_logprobs"]) ?? (asked ? 0 : null);
}

/** What the conversation has no words for, as sent; what stands at its default is left out. */
function foreignOf(
  body: Fields,
  read: { readonly choice: ToolChoice | null; readonly format: OutputFormat | null },
): Fields {
  const foreign: Loose = Object.fromEntries(
    Object.entries(body).filter(
      ([name, value]) => !known.has(name) && value !== null && value !== undefined,
    ),
  );
  if (foreign["background"] === false) delete foreign["background"];
  if (foreign["truncation"] === "disabled") delete foreign["truncation"];
  const choice = body["tool_choice"];
  if (read.choice === null && choice !== undefined && choice !== null)
    foreign["tool_choice"] = choice;
  const {
    effort: _e,
    summary: _s,
    generate_summary: _g,
    ...thinking
  } = objectOf(body["reasoning"]);
  if (Object.keys(thinking).length > 0) foreign["reasoning"] = thinking;
  const { format, verbosity: _v, ...text } = objectOf(body["text"]);
  const odd = isObject(format) && read.format === null ? { ...text, format } : text;
  if (Object.keys(odd).length > 0) foreign["text"] = odd;
  return foreign;
}

const objectOf = (value: unknown): Fields => (isObject(value) ? value : {});
const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);
const flagOf = (value: unknown): boolean | null => (typeof value === "boolean" ? value : null);
