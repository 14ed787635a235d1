import { encodeSse } from "../protocol/sse.ts";
import { type Asked, roughTokens, type Said, saidTokens } from "./answer.ts";
import type { StandInFailure } from "./speed.ts";
import {
  asJson,
  asList,
  type Frames,
  type Json,
  textOf,
  type Wire,
  type WireError,
} from "./wire.ts";

const errors: Readonly<
  Record<StandInFailure, readonly [status: number, type: string, message: string]>
> = {
  rate_limited: [429, "rate_limit_error", "This request would exceed your rate limit."],
  overloaded: [529, "overloaded_error", "Overloaded"],
  server_error: [500, "api_error", "Internal server error"],
  timeout: [504, "timeout_error", "The request timed out."],
  cut_stream: [500, "api_error", "The stream was cut."],
  network: [500, "api_error", "The connection was cut."],
  context_exceeded: [
    400,
    "invalid_request_error",
    "prompt is too long: 210000 tokens > 200000 maximum",
  ],
  content_filtered: [400, "invalid_request_error", "Output blocked by content filtering policy"],
  auth: [401, "authentication_error", "invalid x-api-key"],
  bad_request: [400, "invalid_request_error", "The request is not valid."],
};

/** Anthropic Messages, as the provider speaks them; it refuses what the provider refuses. */
export const anthropicWire: Wire = {
  read,
  whole: (asked, said, id) =>
    JSON.stringify({
      ...messageHead(asked, id),
      content: [blockOf(said, id)],
      stop_reason: reasonOf(said),
      usage: usageOf(asked, saidTokens(said)),
    }),
  frames,
  error(failure) {
    const [status, type, message] = errors[failure];
    return errorOf(status, type, message);
  },
  models: (names) =>
    JSON.stringify({
      data: names.map((id) => ({
        type: "model",
        id,
        display_name: id,
        created_at: "2026-01-01T00:00:00Z",
      })),
      has_more: false,
      first_id: names[0] ?? null,
      last_id: names.at(-1) ?? null,
    }),
};

function errorOf(status: number, type: string, message: string): WireError {
  return {
    status,
    headers: status === 429 ? { "retry-after": "1" } : {},
    body: JSON.stringify({ type: "error", error: { type, message }, request_id: "req_stand_in" }),
  };
}

function read(body: Json): Asked | WireError {
  const messages = asList(body["messages"]).map(asJson);
  const problem = problemOf(body, messages);
  if (problem !== null) return errorOf(400, "invalid_request_error", problem);
  const format = asJson(asJson(body["output_config"])["format"]);
  const last = asList(messages.at(-1)?.["content"]);
  const texts = messages
    .filter((message) => message["role"] === "user")
    .map((message) => textOf(message["content"]));
  return {
    model: String(body["model"]),
    prompt: texts.findLast((text) => text !== "") ?? "",
    promptTokens: roughTokens(JSON.stringify([body["system"] ?? "", messages])),
    tools: asList(body["tools"]).map((tool) => ({
      name: String(asJson(tool)["name"]),
      description: String(asJson(tool)["description"] ?? ""),
      parameters: asJson(tool)["input_schema"],
    })),
    toolChoice: choiceOf(asJson(body["tool_choice"])),
    afterTools: last.some((block) => asJson(block)["type"] === "tool_result"),
    json:
      format["type"] === "json_schema"
        ? { kind: "schema", schema: format["schema"] }
        : { kind: "none" },
    maxTokens: Number(body["max_tokens"]),
    stream: body["stream"] === true,
    showsUsage: true,
  };
}

/** The provider's own rules that a gateway is likeliest to break. */
function problemOf(body: Json, messages: readonly Json[]): string | null {
  if (typeof body["model"] !== "string") return "model: Field required";
  if (!Number.isInteger(body["max_tokens"])) return "max_tokens: Field required";
  if (messages.length === 0) return "messages: at least one message is required";
  if (messages[0]?.["role"] !== "user") return 'messages: first message must use the "user" role';
  const temperature = body["temperature"];
  if (typeof temperature === "number" && temperature > 1) return "temperature: range: 0..1";
  let usesTools = false;
  for (const [at, message] of messages.entries()) {
    const blocks = asList(message["content"]).map(asJson);
    if (
      message["content"] === "" ||
      blocks.some((block) => block["type"] === "text" && block["text"] === "")
    )
      return `messages.${at}: text content blocks must be non-empty`;
    const calls = blocks
      .filter((block) => block["type"] === "tool_use")
      .map((block) => block["id"]);
    usesTools ||= calls.length > 0;
    const results = asList(messages[at + 1]?.["content"]).map(
      (block) => asJson(block)["tool_use_id"],
    );
    if (calls.some((id) => !results.includes(id)))
      return `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after`;
  }
  return usesTools && asList(body["tools"]).length === 0
    ? "tools: required when the conversation holds tool_use blocks"
    : null;
}

function choiceOf(choice: Json): Asked["toolChoice"] {
  if (choice["type"] === "any") return { kind: "required" };
  if (choice["type"] === "none") return { kind: "none" };
  return choice["type"] === "tool"
    ? { kind: "named", name: String(choice["name"]) }
    : { kind: "auto" };
}

function messageHead(asked: Asked, id: string): Json {
  return {
    id: `msg_${id}`,
    type: "message",
    role: "assistant",
    model: asked.model,
    stop_sequence: null,
    stop_details: null,
  };
}

function blockOf(said: Said, id: string): Json {
  return said.kind === "text"
    ? { type: "text", text: said.words.join(""), citations: null }
    : { type: "tool_use", id: `toolu_${id}`, name: said.name, input: JSON.parse(said.args) };
}

function reasonOf(said: Said): string {
  if (said.kind === "call") return "tool_use";
  return said.cut ? "max_tokens" : "end_turn";
}

function usageOf(asked: Asked, output: number): Json {
  return {
    input_tokens: asked.promptTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: output,
    service_tier: "standard",
  };
}

function frames(asked: Asked, said: Said, id: string): Frames {
  const event = (type: string, data: Json): string =>
    encodeSse(JSON.stringify({ type, ...data }), type);
  const delta = (inner: Json): string => event("content_block_delta", { index: 0, delta: inner });
  const start =
    said.kind === "text"
      ? { type: "text", text: "" }
      : { type: "tool_use", id: `toolu_${id}`, name: said.name, input: {} };
  const message = {
    ...messageHead(asked, id),
    content: [],
    stop_reason: null,
    usage: usageOf(asked, 1),
  };
  return {
    opening:
      event("message_start", { message }) +
      event("content_block_start", { index: 0, content_block: start }) +
      event("ping", {}),
    tokens:
      said.kind === "text"
        ? said.words.map((text) => delta({ type: "text_delta", text }))
        : ["", ...(said.args.match(/[\s\S]{1,8}/g) ?? [])].map((partial_json) =>
            delta({ type: "input_json_delta", partial_json }),
          ),
    closing:
      event("content_block_stop", { index: 0 }) +
      event("message_delta", {
        delta: { stop_reason: reasonOf(said), stop_sequence: null },
        usage: { output_tokens: saidTokens(said) },
      }) +
      event("message_stop", {}),
  };
}
