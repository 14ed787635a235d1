import {
  countOf,
  durationOf,
  fieldsOf,
  firstAt,
  isRow,
  listOf,
  momentOf,
  numberOf,
  type Row,
  textOf,
  unwrapped,
} from "../row.ts";
import { type RowParts, requestOfRow } from "../row-request.ts";
import { causeOfError, statusInError } from "./error-words.ts";
import type { RowFormat } from "./row-format.ts";

/** Fields that tell observations, of which an export may hold any few. */
const own = [
  ...(["trace_id", "traceId", "level", "status_message", "statusMessage"] as const),
  ...(["usage_details", "usageDetails", "cost_details", "costDetails"] as const),
  ...(["provided_model_name", "providedModelName"] as const),
] as const;

/**
 * Langfuse's observations, by its `blob-storage-export-fields` (JSON, JSON lines, CSV and Parquet), and under the names that its API
 * and interface give the same fields. Times are in seconds, costs in dollars. Only generations and embeddings are requests.
 */
export const langfuse: RowFormat = {
  format: "langfuse",
  isOf: (has) => has("type") && (has("start_time") || has("startTime")) && own.some(has),
  read(row, place, context) {
    const type = textOf(row["type"])?.toUpperCase() ?? null;
    if (type !== "GENERATION" && type !== "EMBEDDING") {
      return {
        ok: false,
        reason: `an observation of the type ${type ?? "unknown"}, which is no generation`,
      };
    }
    const atMs = momentOf(firstAt(row, "start_time", "startTime"));
    if (atMs === null) return { ok: false, reason: "`start_time` is no moment" };
    const model = textOf(firstAt(row, "provided_model_name", "providedModelName", "model"));
    const asked = askedOf(row, model);
    const user = textOf(firstAt(row, "user_id", "userId")) ?? undefined;
    const parts: RowParts = {
      ...{ format: "langfuse", place, atMs, model },
      id: textOf(row["id"]),
      endpoint: type === "EMBEDDING" ? "embeddings" : null,
      body: asked.body,
      known: asked.text === null ? { user } : { user, prompt: asked.text },
      metadata: fieldsOf(row["metadata"]),
      ...countsOf(row),
      served: model === null ? null : { model, provider: null },
      totalMs: totalOf(row, atMs),
      firstTokenMs: durationOf(firstAt(row, "time_to_first_token", "timeToFirstToken"), 1_000),
      ...endingOf(row),
      dollars: numberOf(
        firstAt(
          row,
          "total_cost",
          "totalCost",
          "calculatedTotalCost",
          "cost_details.total",
          "costDetails.total",
        ),
      ),
      response: row["output"],
      tags: (listOf(row["tags"]) ?? []).filter((tag) => typeof tag === "string"),
    };
    return { ok: true, request: requestOfRow(parts, context) };
  },
};

function totalOf(row: Row, atMs: number): number | null {
  const told = durationOf(row["latency"], 1_000);
  const endMs = momentOf(firstAt(row, "end_time", "endTime"));
  return told ?? (endMs === null || endMs < atMs ? null : endMs - atMs);
}

/** Why it failed is told in words alone, mostly those of a provider. */
function endingOf(row: Row): Pick<RowParts, "ok" | "status" | "cause"> {
  const level = textOf(row["level"]);
  const ok = level === null ? null : level.toUpperCase() !== "ERROR";
  const message = ok === false ? textOf(firstAt(row, "status_message", "statusMessage")) : null;
  if (message === null) return { ok };
  const status = statusInError(message);
  const cause = causeOfError(message);
  // A bad request may be one of many kinds, and words may say more than a number that is none of a status.
  const isPlain = cause === "bad_request" || cause === "server_error";
  return { ok, status, cause: isPlain && status !== null && status !== 400 ? null : cause };
}

/** Keys of the usage are the user's own; those of tokens that went in have `input` in their names, as Langfuse sums them itself. */
function countsOf(row: Row): Partial<RowParts> {
  const usage = fieldsOf(firstAt(row, "usage_details", "usageDetails", "usage")) ?? {};
  const sum = (word: string): number | null => {
    let total: number | null = null;
    for (const [key, value] of Object.entries(usage)) {
      const count = key.includes(word) ? countOf(value) : null;
      if (count !== null) total = (total ?? 0) + count;
    }
    return total;
  };
  return {
    input:
      countOf(usage["prompt_tokens"]) ??
      sum("input") ??
      countOf(firstAt(row, "inputTokens", "promptTokens")),
    output:
      countOf(usage["completion_tokens"]) ??
      sum("output") ??
      countOf(firstAt(row, "outputTokens", "completionTokens")),
    cachedRead: countOf(
      firstAt(usage, "input_cached_tokens", "cache_read_input_tokens", "input_cache_read"),
    ),
    cachedWrite: countOf(firstAt(usage, "cache_creation_input_tokens", "input_cache_creation")),
    reasoning: countOf(
      firstAt(usage, "output_reasoning_tokens", "output_reasoning", "reasoning_tokens"),
    ),
  };
}

interface Asked {
  readonly body: Row | null;
  /** Where the input is a text and nothing more. */
  readonly text: string | null;
}

/** The input as SDKs trace it: a list of messages, an object with them, or a text. */
function askedOf(row: Row, model: string | null): Asked {
  const input = unwrapped(row["input"]);
  const body = isRow(input) ? input : null;
  const messages = Array.isArray(input) ? input : body?.["messages"];
  if (Array.isArray(messages) && model !== null) {
    const parameters = fieldsOf(firstAt(row, "model_parameters", "modelParameters")) ?? {};
    return { body: { ...numbersIn(parameters), ...(body ?? {}), model, messages }, text: null };
  }
  return { body: null, text: typeof input === "string" && input !== "" ? input : null };
}

/** Parameters may be written as texts, whatever they were. */
function numbersIn(parameters: Row): Row {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => {
      const isFlag = value === "true" || value === "false";
      const plain = isFlag ? value === "true" : (numberOf(value) ?? value);
      return plain === null || plain === "None" ? [] : [[name, plain]];
    }),
  );
}
