import { encodeSse } from "../protocol/sse.ts";
import type { House } from "./answer.ts";
import type { StandInFailure } from "./speed.ts";
import { inStream, type Json, type WireError } from "./wire.ts";

type Row = readonly [status: number, type: string, code: string | null, message: string];

const overloaded: Row = [
  503,
  "service_unavailable_error",
  "server_is_overloaded",
  "The server is overloaded.",
];

const rows: Readonly<Record<StandInFailure, Row>> = {
  rate_limited: [429, "requests", "rate_limit_exceeded", "Rate limit reached for requests."],
  overloaded,
  overloaded_in_stream: overloaded,
  billing: [
    429,
    "insufficient_quota",
    "insufficient_quota",
    "You exceeded your current quota, please check your plan and billing details.",
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

/** Rows that a house has in words of its own (wire-formats §1.9, §4). */
const ownRows: Readonly<Partial<Record<House, Partial<Record<StandInFailure, Row>>>>> = {
  azure: {
    content_filtered: [400, "invalid_request_error", "content_filter", "The prompt was filtered."],
  },
  mistral: {
    billing: [402, "payment_required", null, "Payment required."],
    context_exceeded: [
      400,
      "invalid_request_error",
      "3051",
      "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
    ],
  },
  deepseek: { billing: [402, "unknown_error", "invalid_request_error", "Insufficient Balance"] },
  qwen: {
    rate_limited: [429, "Throttling.RateQuota", "Throttling.RateQuota", "Requests are throttled."],
    billing: [400, "Arrearage", "Arrearage", "The account is in arrears."],
    content_filtered: [
      400,
      "data_inspection_failed",
      "data_inspection_failed",
      "Input data may contain inappropriate content.",
    ],
    context_exceeded: [
      400,
      "invalid_request_error",
      "invalid_parameter_error",
      "Range of input length should be [1, 30720]",
    ],
  },
  openrouter: {
    rate_limited: [429, "rate_limit_exceeded", null, "Rate limit exceeded."],
    overloaded: [529, "provider_overloaded", null, "The provider is overloaded."],
    overloaded_in_stream: [529, "provider_overloaded", null, "The provider is overloaded."],
    billing: [402, "payment_required", null, "Insufficient credits."],
    content_filtered: [403, "content_policy_violation", null, "The input was flagged."],
    context_exceeded: [400, "context_length_exceeded", null, "The prompt is too long."],
    auth: [401, "authentication", null, "No auth credentials found."],
    bad_request: [400, "invalid_request", null, "Unsupported value."],
    timeout: [408, "timeout", null, "Request timed out."],
    server_error: [500, "server", null, "The provider failed."],
    cut_stream: [500, "server", null, "The stream was cut."],
    network: [500, "server", null, "The connection was cut."],
  },
};

/** A failure as a house tells it; an overload of a stream may be its first event. */
export function openAiError(
  failure: StandInFailure,
  streamed = false,
  house: House = "openai",
): WireError {
  const row = ownRows[house]?.[failure] ?? rows[failure];
  const [status] = row;
  const headers = failure === "rate_limited" ? { "retry-after": "1" } : {};
  const body = envelope(row, house);
  if (failure !== "overloaded_in_stream" || !streamed)
    return { status, headers, body: JSON.stringify(body) };
  const chunk =
    house === "openrouter"
      ? { id: "gen-stand-in", object: "chat.completion.chunk", choices: [brokenChoice] }
      : {};
  return inStream(encodeSse(JSON.stringify({ ...chunk, ...body })));
}

const brokenChoice = { index: 0, delta: { content: "" }, finish_reason: "error" };

function envelope([status, type, code, message]: Row, house: House): Json {
  switch (house) {
    case "mistral":
      return { object: "error", message, type, param: null, code };
    case "openrouter":
      return { error: { code: status, message, metadata: { error_type: type } } };
    case "vllm":
      return { error: { message, type: code ?? type, param: null, code: status } };
    default:
      return { error: { message, type, param: null, code } };
  }
}

/** A 400 of this wire, which names the field. */
export function refused(message: string, param: string): WireError {
  const error = { message, type: "invalid_request_error", param, code: null };
  return { status: 400, headers: {}, body: JSON.stringify({ error }) };
}
