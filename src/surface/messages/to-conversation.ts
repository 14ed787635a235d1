import {
  type Conversation,
  type Fields,
  noSampling,
  type OutputFormat,
  type ReasoningWish,
  type Tool,
  type ToolChoice,
  type Turn,
} from "../../protocol/conversation.ts";
import { flagOf, isFields, listOfFields, numberOf, textOf } from "../fields.ts";
import { markOf, partsOf, placed, textPart } from "./to-parts.ts";

/** Fields that the conversation has a place for; all others stay in `foreign`. */
const known: ReadonlySet<string> = new Set([
  "cache_control",
  "max_tokens",
  "messages",
  "metadata",
  "model",
  "output_config",
  "output_format",
  "service_tier",
  "stop_sequences",
  "stream",
  "system",
  "temperature",
  "thinking",
  "tool_choice",
  "tools",
  "top_k",
  "top_p",
]);

/** The conversation that a checked Messages body holds; loses nothing of it. */
export function toConversation(body: Fields): Conversation {
  const choice = isFields(body["tool_choice"]) ? body["tool_choice"] : {};
  const single = flagOf(choice["disable_parallel_tool_use"]);
  const { user_id: user, ...metadata } = isFields(body["metadata"]) ? body["metadata"] : {};
  return {
    model: String(body["model"]),
    turns: [...systemTurn(body["system"]), ...listOfFields(body["messages"]).map(turnOf)],
    tools: listOfFields(body["tools"]).map(toolOf),
    toolChoice: choiceOf(choice),
    parallelCalls: single === null ? null : !single,
    format: formatOf(body),
    verbosity: null,
    reasoning: wishOf(body),
    sampling: {
      ...noSampling,
      temperature: numberOf(body["temperature"]),
      topP: numberOf(body["top_p"]),
      topK: numberOf(body["top_k"]),
    },
    maxTokens: numberOf(body["max_tokens"]),
    stops: Array.isArray(body["stop_sequences"]) ? body["stop_sequences"].map(String) : [],
    choices: 1,
    user: textOf(user),
    metadata: Object.keys(metadata).length === 0 ? null : metadata,
    tier: tierOf(body),
    cacheKey: null,
    cache: markOf(body),
    prediction: null,
    stream: body["stream"] === true,
    foreign: foreignOf(body),
  };
}

function systemTurn(system: unknown): readonly Turn[] {
  const parts =
    typeof system === "string" && system !== ""
      ? [{ kind: "text" as const, path: "system", text: system }]
      : listOfFields(system).map((block, at) => textPart(block, `system[${at}]`));
  return parts.length === 0 ? [] : [{ role: "system", name: null, parts, path: "system" }];
}

function turnOf(message: Fields, at: number): Turn {
  const path = `messages[${at}]`;
  const role = message["role"];
  return {
    role: role === "assistant" || role === "system" ? role : "user",
    name: null,
    parts: partsOf(message["content"], `${path}.content`),
    path,
  };
}

function toolOf(tool: Fields, at: number): Tool {
  const path = `tools[${at}]`;
  const type = textOf(tool["type"]);
  if (type !== null && type !== "custom") {
    const mark = markOf(tool);
    const cache = mark === null ? {} : { cache: mark };
    return { kind: "foreign", path, dialect: "messages", type, value: tool, ...cache };
  }
  return {
    kind: "function",
    ...placed(tool, path, ["name", "description", "input_schema", "strict"]),
    name: String(tool["name"]),
    description: textOf(tool["description"]),
    parameters: isFields(tool["input_schema"]) ? tool["input_schema"] : null,
    strict: flagOf(tool["strict"]),
  };
}

function choiceOf(choice: Fields): ToolChoice | null {
  switch (choice["type"]) {
    case "auto":
      return { kind: "auto" };
    case "any":
      return { kind: "required" };
    case "none":
      return { kind: "none" };
    case "tool":
      return { kind: "named", name: String(choice["name"]), custom: false };
    default:
      return null;
  }
}

/** The schema of the answer, from where it stands now or from where it stood before `output_config` came. */
function schemaFormat(body: Fields): Fields | null {
  const config = isFields(body["output_config"]) ? body["output_config"] : {};
  const format = config["format"] ?? body["output_format"];
  return isFields(format) && format["type"] === "json_schema" ? format : null;
}

function formatOf(body: Fields): OutputFormat {
  const schema = schemaFormat(body)?.["schema"];
  if (!isFields(schema)) return { kind: "text" };
  return { kind: "schema", name: null, description: null, schema, strict: null };
}

const switches: ReadonlyMap<unknown, boolean> = new Map([
  ["enabled", true],
  ["adaptive", true],
  ["disabled", false],
  // The nearest to off that some models know; `foreign` keeps the word.
  ["between_tools", false],
]);
const summaries: ReadonlyMap<unknown, string> = new Map([
  ["summarized", "auto"],
  ["omitted", "omitted"],
]);

function wishOf(body: Fields): ReasoningWish {
  const thinking = isFields(body["thinking"]) ? body["thinking"] : {};
  const config = isFields(body["output_config"]) ? body["output_config"] : {};
  const { type, budget_tokens: budget, display } = thinking;
  return {
    effort: textOf(config["effort"]),
    budgetTokens: type === "enabled" ? numberOf(budget) : null,
    enabled: switches.get(type) ?? null,
    summary: summaries.get(display) ?? textOf(display),
  };
}

/** Fast mode is a tier of its own, and dearer. `standard_only` refuses the priority tier, as OpenAI's `default` does. */
function tierOf({ service_tier: tier, speed }: Fields): string | null {
  if (speed === "fast") return "fast";
  return tier === "standard_only" ? "default" : textOf(tier);
}

function foreignOf(body: Fields): Fields {
  const foreign: Record<string, unknown> = Object.fromEntries(
    Object.entries(body).filter(([name, value]) => !known.has(name) && value !== null),
  );
  const { thinking, output_config: config } = body;
  if (
    isFields(thinking) &&
    (thinking["type"] === "between_tools" || !switches.has(thinking["type"]))
  )
    foreign["thinking"] = thinking;
  const { output_format: format } = body;
  if (isFields(format) && format["type"] !== "json_schema") foreign["output_format"] = format;
  const rest = restOfConfig(config);
  if (rest !== null) foreign["output_config"] = rest;
  return foreign;
}

/** What `output_config` says beyond effort and schema; null when nothing. */
function restOfConfig(config: unknown): Fields | null {
  if (!isFields(config)) return null;
  const { effort: _effort, format, ...rest } = config;
  const other = isFields(format) && format["type"] !== "json_schema" ? { ...rest, format } : rest;
  return Object.keys(other).length === 0 ? null : other;
}
