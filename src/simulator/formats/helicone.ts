import { endpointOfPath } from "../request-body.ts";
import {
  countOf,
  durationOf,
  fieldsOf,
  firstAt,
  flagOf,
  momentOf,
  numberOf,
  type Row,
  textOf,
} from "../row.ts";
import { requestOfRow } from "../row-request.ts";
import type { RowFormat } from "./row-format.ts";

/**
 * Helicone's requests as its API gives them (`HeliconeRequest`) and its export tool writes them (`examples/export/typescript`), as
 * JSON, JSON lines or CSV. Times are milliseconds.
 */
export const helicone: RowFormat = {
  format: "helicone",
  isOf: (has) =>
    has("request_created_at") && (has("response_status") || has("request_body") || has("delay_ms")),
  read(row, place, context) {
    const atMs = momentOf(row["request_created_at"]);
    if (atMs === null) return { ok: false, reason: "`request_created_at` is no moment" };
    const body = fieldsOf(row["request_body"]);
    const model = textOf(firstAt(row, "response_model", "model", "request_model"));
    const isHit = hitOf(row);
    const status = countOf(row["response_status"]);
    const request = requestOfRow(
      {
        ...{ format: "helicone", place, atMs, body },
        id: textOf(firstAt(row, "request_id", "response_id")),
        endpoint: endpointOfPath(textOf(row["request_path"])),
        model: textOf(body?.["model"]) ?? textOf(firstAt(row, "request_model", "model")),
        known: { user: textOf(row["request_user_id"]) ?? undefined },
        metadata: fieldsOf(row["request_properties"]),
        stream: flagOf(body?.["stream"]),
        input: countOf(row["prompt_tokens"]),
        output: countOf(row["completion_tokens"]),
        cachedRead: countOf(row["prompt_cache_read_tokens"]),
        cachedWrite: countOf(row["prompt_cache_write_tokens"]),
        reasoning: countOf(row["reasoning_tokens"]),
        served:
          model === null
            ? null
            : { model, provider: textOf(row["provider"])?.toLowerCase() ?? null },
        totalMs: durationOf(firstAt(row, "delay_ms", "latency"), 1),
        firstTokenMs: durationOf(row["time_to_first_token"], 1),
        // A negative or small number stands for requests that never had an answer.
        status: status !== null && status >= 100 && status < 600 ? status : null,
        cacheHit: isHit,
        response: row["response_body"],
        dollars: numberOf(firstAt(row, "cost", "cost_usd", "costUSD")),
      },
      context,
    );
    return { ok: true, request };
  },
};

/** An answer from the cache names the request that it was kept from; the reference of all zeros is none. */
function hitOf(row: Row): boolean | null {
  const reference = textOf(row["cache_reference_id"]);
  if (reference !== null) return !/^[0-]+$/.test(reference);
  return flagOf(firstAt(row, "is_cached", "isCached"));
}
