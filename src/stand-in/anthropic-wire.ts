import { encodeSse } from "../protocol/sse.ts";
import {
  type Asked,
  callId,
  proofOf,
  roughTokens,
  type Said,
  saidTokens,
  textSaid,
} from "./answer.ts";
import type { StandInFailure } from "./speed.ts";
import {
  asJson,
  asList,
  type Frames,
  inStream,
  type Json,
  textOf,
  type Wire,
  type WireError,
} from "./wire.ts";

/** A time at which limits are full again; none is ever reached here. */
const reset = "2026-01-01T00:00:00Z";

const errors: Readonly<
  Record<StandInFailure, readonly [status: number, type: string, message: string]>
> = {
  rate_limited: [429, "rate_limit_error", "This request would exceed your rate limit."],
  overloaded: [529, "overloaded_error", "Overloaded"],
  overloaded_in_stream: [529, "overloaded_error", "Overloaded"],
  billing: [429, "rate_limit_error", "Your organization has reached its spend limit."],
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
      content: blocksOf(asked, said, id),
      stop_reason: reasonOf(said),
      usage: usageOf(asked, said),
    }),
  frames,
  error(failure, streamed = false) {
    const [status, type, message] = errors[failure];
    const spent = failure === "billing" ? { error_code: "enforced_spend_limit_reached" } : null;
    const error = errorOf(status, type, message, spent);
    return failure === "overloaded_in_stream" && streamed
      ? inStream(encodeSse(error.body, "error"))
      : error;
  },
  limits: {
    "anthropic-ratelimit-requests-limit": "1000",
    "anthropic-ratelimit-requests-remaining": "999",
    "anthropic-ratelimit-requests-reset": reset,
    "anthropic-ratelimit-input-tokens-limit": "400000",
    "anthropic-ratelimit-input-tokens-remaining": "399000",
    "anthropic-ratelimit-input-tokens-reset": reset,
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

/** Details of a limit on spending come without a hint to wait. */
function errorOf(
  status: number,
  type: string,
  message: string,
  details: Json | null = null,
): WireError {
  const error = { type, message, ...(details === null ? {} : { details }) };
  return {
    status,
    headers: status === 429 && details === null ? { "retry-after": "1" } : {},
    body: JSON.stringify({ type: "error", error, request_id: "req_stand_in" }),
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
    oneCall: asJson(body["tool_choice"])["disable_parallel_tool_use"] === true,
    ...thinkingOf(body),
    images: last.map(asJson).flatMap(imageOf),
    ...(JSON.stringify(body).includes('"cache_control"')
      ? { beginning: JSON.stringify([body["system"] ?? "", messages]) }
      : {}),
  };
}

function thinkingOf(body: Json): Pick<Asked, "thinks" | "showsThoughts"> {
  const { type, display } = asJson(body["thinking"]);
  const thinks = type === "enabled" || type === "adaptive";
  return { thinks, showsThoughts: thinks && display !== "omitted" };
}

function imageOf(block: Json): readonly string[] {
  if (block["type"] !== "image") return [];
  return [String(asJson(block["source"])["media_type"] ?? "address")];
}

/** The provider's own rules that a gateway is likeliest to break. */
function problemOf(body: Json, messages: readonly Json[]): string | null {
  if (typeof body["model"] !== "string") return "model: Field required";
  if (!Number.isInteger(body["max_tokens"])) return "max_tokens: Field required";
  if (messages.length === 0) return "messages: at least one message is required";
  if (messages[0]?.["role"] !== "user") return 'messages: first message must use the "user" role';
  const temperature = body["temperature"];
  if (typeof temperature === "number" && temperature > 1) return "temperature: range: 0..1";
  const thinking = thinkingProblem(body);
  if (thinking !== null) return thinking;
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

/** Thinking has a budget below the ceiling, and goes with neither sampling nor a forced call. */
function thinkingProblem(body: Json): string | null {
  const { type, budget_tokens: budget } = asJson(body["thinking"]);
  if (type !== "enabled" && type !== "adaptive") return null;
  if (type === "enabled") {
    if (typeof budget !== "number" || budget < 1024)
      return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024";
    if (budget >= Number(body["max_tokens"]))
      return "`max_tokens` must be greater than `thinking.budget_tokens`.";
  }
  if (typeof body["temperature"] === "number" && body["temperature"] !== 1)
    return "`temperature` may only be set to 1 when thinking is enabled.";
  const forced = asJson(body["tool_choice"])["type"];
  return forced === "any" || forced === "tool"
    ? "Thinking may not be enabled when tool_choice forces tool use."
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

function blocksOf(asked: Asked, said: Said, id: string): readonly Json[] {
  return [
    ...(said.thoughts.length === 0
      ? []
      : [{ type: "thinking", thinking: thoughtTold(asked, said), signature: proofOf(id) }]),
    ...(said.kind === "text"
      ? [{ type: "text", text: textSaid(said), citations: null }]
      : said.calls.map(({ name, args }, at) => ({
          type: "tool_use",
          id: `toolu_${callId(id, at)}`,
          name,
          input: JSON.parse(args),
        }))),
  ];
}

/** Thinking that is not to be shown comes as a signature alone. */
function thoughtTold({ showsThoughts }: Asked, { thoughts }: Said): string {
  return showsThoughts === true ? thoughts.join("") : "";
}

function reasonOf(said: Said): string {
  if (said.kind === "calls") return "tool_use";
  return said.cut ? "max_tokens" : "end_turn";
}

/** The uncached rest of the prompt; thinking counts as output. */
function usageOf(asked: Asked, said: Said | null): Json {
  const { read, written } = asked.cached ?? { read: 0, written: 0 };
  const thinking = said?.thoughts.length ?? 0;
  return {
    input_tokens: asked.promptTokens - read - written,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    cache_creation: { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 },
    output_tokens: said === null ? 1 : saidTokens(said) + thinking,
    ...(thinking === 0 ? {} : { output_tokens_details: { thinking_tokens: thinking } }),
    service_tier: "standard",
  };
}

const event = (type: string, data: Json): string =>
  encodeSse(JSON.stringify({ type, ...data }), type);

/** Blocks come strictly one after the other. */
function frames(asked: Asked, said: Said, id: string): Frames {
  const message = {
    ...messageHead(asked, id),
    content: [],
    stop_reason: null,
    usage: usageOf(asked, null),
  };
  const blocks = blocksOf(asked, said, id).map((block, index) => blockFrames(block, index, said));
  const tokens = blocks.flatMap((frame, at) => {
    const [first = "", ...rest] = frame.tokens;
    const before = at === 0 ? "" : (blocks[at - 1]?.closing ?? "") + frame.opening;
    return [before + first, ...rest];
  });
  const { output_tokens, output_tokens_details } = usageOf(asked, said);
  return {
    opening: event("message_start", { message }) + (blocks[0]?.opening ?? "") + event("ping", {}),
    tokens,
    closing:
      (blocks.at(-1)?.closing ?? "") +
      event("message_delta", {
        delta: { stop_reason: reasonOf(said), stop_sequence: null },
        usage: { output_tokens, output_tokens_details },
      }) +
      event("message_stop", {}),
  };
}

function blockFrames(block: Json, index: number, said: Said): Frames {
  const delta = (inner: Json): string => event("content_block_delta", { index, delta: inner });
  const framed = (content_block: Json, deltas: readonly Json[]): Frames => ({
    opening: event("content_block_start", { index, content_block }),
    tokens: deltas.map(delta),
    closing: event("content_block_stop", { index }),
  });
  switch (block["type"]) {
    case "thinking": {
      const { thinking, signature } = block;
      const told = thinking === "" ? [] : said.thoughts;
      return framed({ ...block, thinking: "", signature: "" }, [
        ...told.map((text) => ({ type: "thinking_delta", thinking: text })),
        { type: "signature_delta", signature },
      ]);
    }
    case "text":
      return framed(
        { type: "text", text: "" },
        said.kind === "text" ? said.words.map((text) => ({ type: "text_delta", text })) : [],
      );
    default: {
      const args = JSON.stringify(block["input"]).match(/[\s\S]{1,8}/g) ?? [];
      return framed(
        { ...block, input: {} },
        ["", ...args].map((partial_json) => ({ type: "input_json_delta", partial_json })),
      );
    }
  }
}
