import { doneEvent, encodeSse } from "../protocol/sse.ts";
import { type Asked, type AskedTool, roughTokens, type Said, saidTokens } from "./answer.ts";
import type { StandInFailure } from "./speed.ts";
import { asJson, asList, type Json, textOf, type Wire, type WireError } from "./wire.ts";

const errors: Readonly<
  Record<
    StandInFailure,
    readonly [status: number, type: string, code: string | null, message: string]
  >
> = {
  rate_limited: [429, "requests", "rate_limit_exceeded", "Rate limit reached for requests."],
  overloaded: [
    503,
    "service_unavailable_error",
    "server_is_overloaded",
    "The server is overloaded.",
  ],
  server_error: [
    500,
    "server_error",
    null,
    "The server had an error while processing your request.",
  ],
  timeout: [408, "timeout", null, "Request timed out."],
  cut_stream: [500, "server_error", null, "The stream was cut."],
  network: [500, "server_error", null, "The connection was cut."],
  context_exceeded: [
    400,
    "invalid_request_error",
    "context_length_exceeded",
    "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.",
  ],
  content_filtered: [
    400,
    "invalid_request_error",
    "content_policy_violation",
    "Your request was rejected by the safety system.",
  ],
  auth: [401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."],
  bad_request: [400, "invalid_request_error", "unsupported_value", "Unsupported value."],
};

/** OpenAI chat completions, as the provider speaks them. */
export const openAiWire: Wire = {
  read,
  whole: (asked, said, id) =>
    JSON.stringify({
      ...frame(asked, id),
      object: "chat.completion",
      choices: [
        { index: 0, message: messageOf(said, id), logprobs: null, finish_reason: reasonOf(said) },
      ],
      usage: usageOf(asked, said),
    }),
  frames,
  error(failure) {
    const [status, type, code, message] = errors[failure];
    const headers = failure === "rate_limited" ? { "retry-after": "1" } : {};
    return { status, headers, body: errorBody(message, type, { code, param: null }) };
  },
  models: (names) =>
    JSON.stringify({
      object: "list",
      data: names.map((id) => ({ id, object: "model", created: 0, owned_by: "stand-in" })),
    }),
};

function errorBody(
  message: string,
  type: string,
  { code, param }: { readonly code: string | null; readonly param: string | null },
): string {
  return JSON.stringify({ error: { message, type, param, code } });
}

/** A 400 of this provider, which names the field. */
export function refused(message: string, param: string): WireError {
  const body = errorBody(message, "invalid_request_error", { code: null, param });
  return { status: 400, headers: {}, body };
}

function read(body: Json): Asked | WireError {
  const messages = asList(body["messages"]);
  if (typeof body["model"] !== "string")
    return refused("you must provide a model parameter", "model");
  if (messages.length === 0) return refused("Missing required parameter: 'messages'.", "messages");
  const stream = body["stream"] === true;
  if (!stream && body["stream_options"] !== undefined)
    return refused(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      "stream_options",
    );
  const limit = body["max_completion_tokens"] ?? body["max_tokens"];
  const roles = messages.map((message) => asJson(message)["role"]);
  return {
    model: body["model"],
    prompt: textOf(asJson(messages[roles.lastIndexOf("user")])["content"]),
    promptTokens: roughTokens(JSON.stringify(messages)),
    tools: asList(body["tools"]).map(toolOf),
    toolChoice: choiceOf(body["tool_choice"]),
    afterTools: roles.at(-1) === "tool",
    json: jsonOf(asJson(body["response_format"])),
    maxTokens: typeof limit === "number" ? limit : null,
    stream,
    showsUsage: asJson(body["stream_options"])["include_usage"] === true,
  };
}

function toolOf(tool: unknown): AskedTool {
  const declared = asJson(asJson(tool)["function"]);
  return {
    name: String(declared["name"]),
    description: String(declared["description"] ?? ""),
    parameters: declared["parameters"] ?? { type: "object" },
  };
}

function choiceOf(choice: unknown): Asked["toolChoice"] {
  if (choice === "none" || choice === "required") return { kind: choice };
  const name = asJson(asJson(choice)["function"])["name"];
  return typeof name === "string" ? { kind: "named", name } : { kind: "auto" };
}

function jsonOf(format: Json): Asked["json"] {
  if (format["type"] === "json_schema")
    return { kind: "schema", schema: asJson(format["json_schema"])["schema"] };
  return { kind: format["type"] === "json_object" ? "object" : "none" };
}

function frame(asked: Asked, id: string): Json {
  return {
    id: `chatcmpl-${id}`,
    created: 1_700_000_000,
    model: asked.model,
    system_fingerprint: "fp_stand_in",
  };
}

function callOf(said: Extract<Said, { kind: "call" }>, id: string): Json {
  return {
    id: `call_${id}`,
    type: "function",
    function: { name: said.name, arguments: said.args },
  };
}

function messageOf(said: Said, id: string): Json {
  const message = { role: "assistant", refusal: null, annotations: [] };
  return said.kind === "text"
    ? { ...message, content: said.words.join("") }
    : { ...message, content: null, tool_calls: [callOf(said, id)] };
}

function reasonOf(said: Said): string {
  if (said.kind === "call") return "tool_calls";
  return said.cut ? "length" : "stop";
}

function usageOf(asked: Asked, said: Said): Json {
  const completion = saidTokens(said);
  return {
    prompt_tokens: asked.promptTokens,
    completion_tokens: completion,
    total_tokens: asked.promptTokens + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

/** Models whose house puts usage into the last chunk of every stream. */
const billsUnasked = /(?:^|\/)(?:mistral|ministral|magistral|codestral|devstral|pixtral)/i;

function frames(
  asked: Asked,
  said: Said,
  id: string,
): { opening: string; tokens: string[]; closing: string } {
  const shared = { ...frame(asked, id), object: "chat.completion.chunk" };
  const nullUsage = asked.showsUsage ? { usage: null } : {};
  const chunk = (delta: Json, reason: string | null = null, usage: Json = nullUsage): string =>
    encodeSse(
      JSON.stringify({
        ...shared,
        choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
        ...usage,
      }),
    );
  const last = asked.showsUsage
    ? encodeSse(JSON.stringify({ ...shared, choices: [], usage: usageOf(asked, said) }))
    : "";
  const unasked = !asked.showsUsage && billsUnasked.test(asked.model);
  const closing = chunk({}, reasonOf(said), unasked ? { usage: usageOf(asked, said) } : nullUsage);
  return {
    opening: chunk({ role: "assistant", content: said.kind === "text" ? "" : null, refusal: null }),
    tokens:
      said.kind === "text"
        ? said.words.map((content) => chunk({ content }))
        : callFrames(said, id, chunk),
    closing: closing + last + doneEvent,
  };
}

function callFrames(
  said: Extract<Said, { kind: "call" }>,
  id: string,
  chunk: (delta: Json) => string,
): string[] {
  const start = { ...callOf(said, id), index: 0, function: { name: said.name, arguments: "" } };
  const parts = said.args.match(/[\s\S]{1,8}/g) ?? [];
  return [
    chunk({ tool_calls: [start] }),
    ...parts.map((args) => chunk({ tool_calls: [{ index: 0, function: { arguments: args } }] })),
  ];
}
