import type { Endpoint } from "../../protocol/endpoint.ts";
import type { LinePlace } from "../log-file.ts";
import {
  countOf,
  fieldsOf,
  firstAt,
  flagOf,
  listOf,
  momentOf,
  numberOf,
  type Row,
  textOf,
  valueAt,
} from "../row.ts";
import { type RowContext, type RowParts, requestOfRow } from "../row-request.ts";
import { causeOfError } from "./error-words.ts";
import type { RowFormat } from "./row-format.ts";

/**
 * The standard logging payload, by LiteLLM's `docs/proxy/logging_spec.md` and `litellm/types/utils.py`. Times are seconds since the
 * epoch; `completionStartTime` is a moment and not, as the page says, a length of time.
 */
export const litellm: RowFormat = {
  format: "litellm",
  isOf: (has) =>
    has("standard_logging_object") ||
    (has("call_type") && has("startTime") && (has("response_cost") || has("hidden_params"))),
  read(row, place, context) {
    const payload = fieldsOf(row["standard_logging_object"]) ?? row;
    return read(payload, place, context, { format: "litellm", requested: payload["model_group"] });
  },
};

/** Rows of the table LiteLLM_SpendLogs, by LiteLLM's `schema.prisma`: of a dump as CSV or JSON, or of `/spend/logs`. */
export const litellmSpend: RowFormat = {
  format: "litellm-spend",
  isOf: (has) => has("request_id") && has("call_type") && has("spend") && has("startTime"),
  read: (row, place, context) =>
    read(row, place, context, { format: "litellm-spend", requested: row["model_group"] }),
};

interface Kind {
  readonly format: "litellm" | "litellm-spend";
  readonly requested: unknown;
}

function read(row: Row, place: LinePlace, context: RowContext, { format, requested }: Kind) {
  const startMs = momentOf(row["startTime"]);
  const endMs = momentOf(row["endTime"]);
  if (startMs === null) return { ok: false as const, reason: "`startTime` is no moment" };
  const totalMs = durationOf(row, startMs, endMs);
  const served = textOf(row["model"]);
  const model = textOf(requested) ?? served;
  const metadata = fieldsOf(row["metadata"]) ?? {};
  const stream = flagOf(row["stream"]) ?? flagOf(valueAt(row, "model_parameters.stream"));
  const parts: RowParts = {
    ...{ format, place, model, stream, totalMs },
    id: textOf(firstAt(row, "id", "request_id")),
    atMs: startMs,
    endpoint: endpointOf(row["call_type"]),
    body: bodyOf(row, model, stream),
    known: callerFacts(row, metadata),
    metadata: fieldsOf(firstAt(metadata, "requester_metadata", "spend_logs_metadata")),
    ...countsOf(row, metadata),
    served:
      served === null ? null : { model: served, provider: textOf(row["custom_llm_provider"]) },
    firstTokenMs: firstTokenOf(row, startMs, totalMs),
    ...endingOf(row, metadata),
    cacheHit: flagOf(row["cache_hit"]),
    dollars: numberOf(firstAt(row, "response_cost", "spend")),
    response: row["response"],
    tags: (listOf(row["request_tags"]) ?? []).filter((tag) => typeof tag === "string"),
  };
  return { ok: true as const, request: requestOfRow(parts, context) };
}

function durationOf(row: Row, startMs: number, endMs: number | null): number | null {
  const told = numberOf(row["request_duration_ms"]);
  if (told !== null && told >= 0) return told;
  return endMs === null || endMs < startMs ? null : endMs - startMs;
}

/** Without a stream the first token is said to have come at the end. */
function firstTokenOf(row: Row, startMs: number, totalMs: number | null): number | null {
  const atMs = momentOf(row["completionStartTime"]);
  if (atMs === null || totalMs === null) return null;
  const afterMs = atMs - startMs;
  return afterMs >= 0 && afterMs < totalMs ? afterMs : null;
}

const endpoints: readonly (readonly [RegExp, Endpoint])[] = [
  [/^a?text_completion$/, "completions"],
  [/^a?completion$/, "chat"],
  [/^a?responses$/, "responses"],
  [/^anthropic_messages$/, "messages"],
  [/^a?embedding$/, "embeddings"],
  [/^a?image_/, "images"],
  [/^a?(transcription|speech)$/, "audio"],
  [/^a?moderation$/, "moderations"],
  [/^a?rerank$/, "rerank"],
  [/^a?generate_content/, "generate"],
];

function endpointOf(callType: unknown): Endpoint | null {
  const text = textOf(callType);
  return text === null ? null : (endpoints.find(([form]) => form.test(text))?.[1] ?? null);
}

/** The body as the proxy got it, where it is kept; else its messages with the parameters that went with them. */
function bodyOf(row: Row, model: string | null, stream: boolean | null): unknown {
  const asked = fieldsOf(row["proxy_server_request"]);
  const whole = asked === null ? null : (fieldsOf(asked["body"]) ?? asked);
  if (whole !== null && (whole["messages"] !== undefined || whole["input"] !== undefined))
    return whole;
  const messages = listOf(row["messages"]);
  if (messages === null || messages.length === 0 || model === null) return null;
  const parameters = fieldsOf(row["model_parameters"]) ?? {};
  return { ...parameters, ...(stream === null ? {} : { stream }), model, messages };
}

/** Names that a person gave go before ids, since policies are written with them. A key that is there without a team has none. */
function callerFacts(row: Row, metadata: Row): Record<string, unknown> {
  const key = textOf(firstAt(metadata, "user_api_key_alias", "user_api_key_hash", "user_api_key"));
  const team = textOf(firstAt(metadata, "user_api_key_team_alias", "user_api_key_team_id"));
  const user = textOf(firstAt(metadata, "user_api_key_user_id"));
  const known: Record<string, unknown> = {};
  const name = key ?? textOf(row["api_key"]);
  if (name === null) return withUser(known, row, user, team);
  return { key: name, user: user ?? textOf(row["user"]), team: team ?? textOf(row["team_id"]) };
}

function withUser(
  known: Record<string, unknown>,
  row: Row,
  user: string | null,
  team: string | null,
) {
  const told = { user: user ?? textOf(row["user"]), team: team ?? textOf(row["team_id"]) };
  for (const [name, value] of Object.entries(told)) if (value !== null) known[name] = value;
  return known;
}

/** What was cached and reasoned stands in the usage as the provider told it. */
function countsOf(row: Row, metadata: Row): Partial<RowParts> {
  const usage =
    fieldsOf(firstAt(metadata, "usage_object")) ?? fieldsOf(valueAt(row, "response.usage")) ?? {};
  return {
    input: countOf(row["prompt_tokens"]),
    output: countOf(row["completion_tokens"]),
    cachedRead: countOf(
      firstAt(usage, "prompt_tokens_details.cached_tokens", "cache_read_input_tokens"),
    ),
    cachedWrite: countOf(firstAt(usage, "cache_creation_input_tokens")),
    reasoning: countOf(valueAt(usage, "completion_tokens_details.reasoning_tokens")),
  };
}

function endingOf(row: Row, metadata: Row): Partial<RowParts> {
  const status = textOf(firstAt(row, "status")) ?? textOf(metadata["status"]);
  const error =
    fieldsOf(firstAt(row, "error_information")) ?? fieldsOf(metadata["error_information"]);
  const ok = status === null ? null : /^success$/i.test(status);
  if (ok === true) return { ok };
  const code = numberOf(error?.["error_code"]);
  const name = textOf(error?.["error_class"]);
  const cause = name === null ? null : causeOfError(name);
  return { ok, status: code !== null && code >= 100 && code < 600 ? code : null, cause };
}
