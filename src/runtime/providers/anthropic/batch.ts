import type { Provider } from "../../../configuration/configuration.ts";
import type { Failure } from "../../../protocol/failure.ts";
import type { UpstreamRequest } from "../adapter.ts";
import {
  type BatchOrder,
  type BatchWire,
  clockSkewMs,
  isFailure,
  type LineResult,
  oneLine,
  type ProviderBatch,
  type Sought,
} from "../batch-wire.ts";
import { isFields, parseJson } from "../error-signal.ts";
import { createHeadCache } from "../upstream-head.ts";
import { withWireHeaders } from "../wire-headers.ts";

type Fields = Readonly<Record<string, unknown>>;

const headOf = createHeadCache((basePath, key) => ({
  path: `${basePath.endsWith("/v1") ? basePath : `${basePath}/v1`}/messages/batches`,
  headers: [
    ["anthropic-version", "2023-06-01"],
    ...(key === null ? [] : [["x-api-key", key] as const]),
  ],
}));

/** Anthropic's Message Batches (wire-formats §2.7). A batch bears no name of ours: what was made is known by its results. */
export const anthropicBatchWire: BatchWire = {
  // Messages alone, which conversations and plain prompts are translated to.
  takes: ({ dialect, relayed }) => relayed === undefined || dialect === "completions",
  orderHeaders: ({ wireHeaders = {} }) => wireHeaders,
  most: { lines: 100_000, bytes: 256 * 1024 * 1024 },
  line: (customId, { body }) =>
    `{"custom_id":${JSON.stringify(customId)},"params":${oneLine(body)}}`,
  upload: null,
  create({ headers = {} }, provider, content) {
    const lines = "lines" in content ? content.lines : [];
    const made = request(provider, "", `{"requests":[${lines.join(",")}]}`);
    if (isFailure(made)) return made;
    return { ...made, headers: withWireHeaders(made.headers, { wireHeaders: headers }) };
  },
  list: (provider, after) =>
    request(
      provider,
      `?limit=100${after === null ? "" : `&after_id=${encodeURIComponent(after)}`}`,
    ),
  find,
  poll: (provider, id) => request(provider, `/${encodeURIComponent(id)}`),
  cancel: (provider, id) => request(provider, `/${encodeURIComponent(id)}/cancel`, "{}"),
  read(bytes) {
    const batch = parseJson(new TextDecoder().decode(bytes));
    return isFields(batch) ? batchOf(batch) : null;
  },
  // By the batch's id, not by the address in its answer: that one could send our key anywhere.
  results: (provider, id) => request(provider, `/${encodeURIComponent(id)}/results`),
  readResult,
};

function request(provider: Provider, path: string, body?: string): UpstreamRequest | Failure {
  const head = headOf(provider);
  if ("cause" in head) return head;
  const shared = { path: head.path + path, headers: head.headers };
  return body === undefined ? { ...shared, method: "GET", body: "" } : { ...shared, body };
}

function batchOf(batch: Fields): ProviderBatch | null {
  const { id, processing_status: status } = batch;
  if (typeof id !== "string" || typeof status !== "string") return null;
  const state = status === "ended" ? "ended" : "running";
  return {
    id,
    state,
    results: state === "ended" ? [id] : [],
    unanswered: "lost",
    failure: null,
  };
}

/** Batches of as many lines, made since the order was begun. */
function find(order: BatchOrder, bytes: Uint8Array): Sought<ProviderBatch> | null {
  const page = parseJson(new TextDecoder().decode(bytes));
  if (!isFields(page) || !Array.isArray(page["data"])) return null;
  const among: ProviderBatch[] = [];
  let isPast = false;
  for (const item of page["data"] as readonly unknown[]) {
    if (!isFields(item)) continue;
    const created = Date.parse(String(item["created_at"]));
    if (created < order.begunAtMs - clockSkewMs) isPast = true;
    else if (linesOf(item["request_counts"]) === order.lines) {
      const batch = batchOf(item);
      if (batch !== null) among.push(batch);
    }
  }
  const { has_more: more, last_id: last } = page;
  const after = more === true && typeof last === "string" && !isPast ? last : null;
  if (among.length > 0) return { kind: "perhaps", among, after };
  return after === null ? { kind: "none" } : { kind: "next", after };
}

function linesOf(counts: unknown): number {
  if (!isFields(counts)) return 0;
  return Object.values(counts).reduce<number>(
    (sum, count) => sum + (typeof count === "number" ? count : 0),
    0,
  );
}

/** Statuses that errors of each type have when they are answers of their own (wire-formats §2.6). */
const statuses: ReadonlyMap<unknown, number> = new Map([
  ["invalid_request_error", 400],
  ["authentication_error", 401],
  ["billing_error", 402],
  ["permission_error", 403],
  ["not_found_error", 404],
  ["request_too_large", 413],
  ["rate_limit_error", 429],
  ["timeout_error", 504],
  ["overloaded_error", 529],
]);

function readResult(line: string): LineResult | null {
  const value = parseJson(line);
  if (!isFields(value) || typeof value["custom_id"] !== "string") return null;
  const customId = value["custom_id"];
  const { result } = value;
  if (!isFields(result)) return null;
  switch (result["type"]) {
    case "succeeded":
      return { kind: "answer", customId, status: 200, bytes: bytesOf(result["message"]) };
    case "errored": {
      const { error } = result;
      const inner = isFields(error) && isFields(error["error"]) ? error["error"] : error;
      const type = isFields(inner) ? inner["type"] : null;
      const bytes = bytesOf({ type: "error", error: inner });
      return { kind: "answer", customId, status: statuses.get(type) ?? 500, bytes };
    }
    case "expired":
      return { kind: "expired", customId };
    case "canceled":
      return { kind: "cancelled", customId };
    default:
      return null;
  }
}

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value ?? null));
}
