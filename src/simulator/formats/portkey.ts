import { endpointOfPath } from "../request-body.ts";
import {
  countOf,
  durationOf,
  fieldsOf,
  firstAt,
  flagOf,
  listOf,
  momentOf,
  numberOf,
  type Row,
  textOf,
} from "../row.ts";
import { requestOfRow } from "../row-request.ts";
import type { RowFormat } from "./row-format.ts";

const own = ["ai_model", "ai_org", "req_units", "res_units", "response_status_code"] as const;

/** Portkey's log export, by its `product/observability/logs-export`: JSON lines; the cost is in cents, the time in milliseconds. */
export const portkey: RowFormat = {
  format: "portkey",
  isOf: (has) => own.filter(has).length >= 2,
  read(row, place, context) {
    const atMs = momentOf(row["created_at"]);
    const body = fieldsOf(firstAt(row, "request.body")) ?? bodyOf(fieldsOf(row["request"]));
    const model = textOf(row["ai_model"]);
    const metadata = metadataOf(row);
    const cents = numberOf(row["cost"]);
    const request = requestOfRow(
      {
        ...{ format: "portkey", place, atMs, body, metadata },
        id: textOf(firstAt(row, "id", "request_id", "trace_id")),
        endpoint: endpointOfPath(textOf(firstAt(row, "request_url", "request.url"))),
        model: textOf(body?.["model"]) ?? model,
        // What a client puts into `_user` is Portkey's own word for who asked.
        known: { user: textOf(metadata?.["_user"]) ?? undefined },
        stream: flagOf(row["stream_mode"]),
        input: countOf(row["req_units"]),
        output: countOf(row["res_units"]),
        served: model === null ? null : { model, provider: textOf(row["ai_org"]) },
        totalMs: durationOf(row["response_time"], 1),
        ok: flagOf(row["is_success"]),
        status: countOf(row["response_status_code"]),
        cacheHit: hitOf(row["cache_status"]),
        response: row["response"],
        dollars: cents === null ? null : cents / 100,
      },
      context,
    );
    return { ok: true, request };
  },
};

/** The request as logged: its body beside address and headers, or the body itself. */
function bodyOf(request: Row | null): Row | null {
  return request === null
    ? null
    : (fieldsOf(request["body"]) ?? (request["url"] === undefined ? request : null));
}

function hitOf(status: unknown): boolean | null {
  const text = textOf(status);
  return text === null ? null : /\bHIT\b/i.test(text);
}

/** An object, or two lists of keys and of values side by side. */
function metadataOf(row: Row): Row | null {
  const keys = listOf(firstAt(row, "metadata.key"));
  const values = listOf(firstAt(row, "metadata.value"));
  if (keys === null || values === null) return fieldsOf(row["metadata"]);
  return Object.fromEntries(keys.map((key, at) => [String(key), values[at]]));
}
