import type { Provider } from "../../../configuration/configuration.ts";
import type { Failure } from "../../../protocol/failure.ts";
import type { UpstreamRequest } from "../adapter.ts";
import {
  type BatchOrder,
  type BatchWire,
  clockSkewMs,
  type LineResult,
  oneLine,
  type ProviderBatch,
  type Sought,
} from "../batch-wire.ts";
import { classify } from "../classify.ts";
import { isFields, noSignal, parseJson } from "../error-signal.ts";
import { createHeadCache } from "../upstream-head.ts";
import { differences } from "./differences.ts";

type Fields = Readonly<Record<string, unknown>>;

/** How long the provider keeps what was uploaded and what came of it: until it is fetched, with time for an outage of ours. */
const keptSeconds = 7 * 86_400;

const headOf = createHeadCache((basePath, key) => ({
  path: basePath === "" ? differences.openai.basePath : basePath,
  headers: key === null ? [] : [["authorization", `Bearer ${key}`]],
}));

/** Beside chat completions and responses. */
const relayedPaths: ReadonlySet<string> = new Set([
  "/completions",
  "/embeddings",
  "/moderations",
  "/images/generations",
  "/images/edits",
]);

/** OpenAI's files and batches (wire-formats §1.15). */
export const openAiBatchWire: BatchWire = {
  takes: ({ relayed }) => relayed === undefined || relayedPaths.has(relayed.path),
  most: { lines: 50_000, bytes: 200 * 1024 * 1024 },
  line(customId, prepared, provider) {
    const url = JSON.stringify(endpointOf(prepared.path, provider));
    return `{"custom_id":${JSON.stringify(customId)},"method":"POST","url":${url},"body":${oneLine(prepared.body)}}`;
  },
  upload: {
    send: sendUpload,
    read(bytes) {
      const id = fieldsOf(bytes)?.["id"];
      return typeof id === "string" ? id : null;
    },
    list: (provider, after) => get(provider, `/files?purpose=batch&limit=100${from(after)}`),
    find: (order, bytes) =>
      sought(order, bytes, (file) =>
        file["filename"] === fileNameOf(order) && typeof file["id"] === "string"
          ? file["id"]
          : null,
      ),
  },
  create: (order, provider, content) =>
    post(provider, "/batches", {
      input_file_id: "upload" in content ? content.upload : "",
      endpoint: endpointOf(order.path, provider),
      completion_window: "24h",
      metadata: { signalbox_job: order.id },
      output_expires_after: { anchor: "created_at", seconds: keptSeconds },
    }),
  list: (provider, after) => get(provider, `/batches?limit=100${from(after)}`),
  find: (order, bytes) =>
    sought(order, bytes, (batch) => {
      const { metadata } = batch;
      return isFields(metadata) && metadata["signalbox_job"] === order.id ? batchOf(batch) : null;
    }),
  poll: (provider, id) => get(provider, `/batches/${encodeURIComponent(id)}`),
  cancel: (provider, id) => post(provider, `/batches/${encodeURIComponent(id)}/cancel`, {}),
  read(bytes) {
    const batch = fieldsOf(bytes);
    return batch === null ? null : batchOf(batch);
  },
  results: (provider, file) => get(provider, `/files/${encodeURIComponent(file)}/content`),
  readResult,
};

function fieldsOf(bytes: Uint8Array): Fields | null {
  const value = parseJson(new TextDecoder().decode(bytes));
  return isFields(value) ? value : null;
}

/** The endpoint by the name that batches know it by, whatever the provider's base path is. */
function endpointOf(path: string, provider: Provider): string {
  const head = headOf(provider);
  return "cause" in head ? path : `/v1${path.slice(head.path.length)}`;
}

const fileNameOf = ({ id }: BatchOrder): string => `${id}.jsonl`;
const from = (after: string | null): string =>
  after === null ? "" : `&after=${encodeURIComponent(after)}`;

function get(provider: Provider, path: string): UpstreamRequest | Failure {
  const head = headOf(provider);
  if ("cause" in head) return head;
  return { method: "GET", path: head.path + path, headers: head.headers, body: "" };
}

function post(provider: Provider, path: string, body: Fields): UpstreamRequest | Failure {
  const head = headOf(provider);
  if ("cause" in head) return head;
  return { path: head.path + path, headers: head.headers, body: JSON.stringify(body) };
}

function sendUpload(
  order: BatchOrder,
  provider: Provider,
  lines: readonly string[],
): UpstreamRequest | Failure {
  const head = headOf(provider);
  if ("cause" in head) return head;
  // Lines are JSON without line ends, so that no line of theirs can be the boundary.
  const boundary = `signalbox-${order.id}`;
  const field = (name: string, value: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const body = `${field("purpose", "batch")}${field("expires_after[anchor]", "created_at")}${field("expires_after[seconds]", String(keptSeconds))}--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${fileNameOf(order)}"\r\ncontent-type: application/jsonl\r\n\r\n${lines.join("\n")}\n\r\n--${boundary}--\r\n`;
  const headers: string[] = [];
  for (let at = 0; at < head.headers.length; at += 2) {
    const [name = "", value = ""] = head.headers.slice(at, at + 2);
    if (name.toLowerCase() !== "content-type") headers.push(name, value);
  }
  headers.push("content-type", `multipart/form-data; boundary=${boundary}`);
  return { path: `${head.path}/files`, headers, body };
}

/** Looks through a page, the newest first, until what is older than the order. */
function sought<T>(
  order: BatchOrder,
  bytes: Uint8Array,
  pick: (item: Fields) => T | null,
): Sought<T> | null {
  const page = fieldsOf(bytes);
  const data = page?.["data"];
  if (!Array.isArray(data)) return null;
  let last: string | null = null;
  let isPast = false;
  for (const item of data as readonly unknown[]) {
    if (!isFields(item)) continue;
    const what = pick(item);
    if (what !== null) return { kind: "found", what };
    if (typeof item["id"] === "string") last = item["id"];
    const { created_at: created } = item;
    if (typeof created === "number" && created * 1000 < order.begunAtMs - clockSkewMs)
      isPast = true;
  }
  return page?.["has_more"] === true && last !== null && !isPast
    ? { kind: "next", after: last }
    : { kind: "none" };
}

const ended: ReadonlySet<unknown> = new Set(["completed", "expired", "cancelled"]);

function batchOf(batch: Fields): ProviderBatch | null {
  const { id, status } = batch;
  if (typeof id !== "string" || typeof status !== "string") return null;
  const results = [batch["output_file_id"], batch["error_file_id"]].filter(
    (file): file is string => typeof file === "string" && file !== "",
  );
  const unanswered = unansweredBy(status);
  if (status === "failed")
    return { id, state: "failed", results: [], unanswered, failure: whyFailed(batch) };
  const state = ended.has(status) ? "ended" : "running";
  return { id, state, results: state === "ended" ? results : [], unanswered, failure: null };
}

function unansweredBy(status: string): ProviderBatch["unanswered"] {
  if (status === "expired" || status === "cancelled") return status;
  return "lost";
}

/**
 * Why a batch was not taken, in the words of its first error. Whatever that says is of the batch, such as a full queue, and not of
 * each line: another target may take them.
 */
function whyFailed({ errors }: Fields): Failure {
  const data = isFields(errors) && Array.isArray(errors["data"]) ? errors["data"] : [];
  const first: unknown = data[0];
  const said = isFields(first) && typeof first["message"] === "string" ? first["message"] : "";
  const { message } = classify(400, { ...noSignal, message: said });
  const code = "upstream_unavailable";
  return { cause: "unavailable", retrySame: false, code, message };
}

function readResult(line: string): LineResult | null {
  const value = parseJson(line);
  if (!isFields(value) || typeof value["custom_id"] !== "string") return null;
  const customId = value["custom_id"];
  const { response, error } = value;
  if (isFields(response) && typeof response["status_code"] === "number") {
    const bytes = Buffer.from(JSON.stringify(response["body"] ?? null));
    return { kind: "answer", customId, status: response["status_code"], bytes };
  }
  if (!isFields(error)) return null;
  if (error["code"] === "batch_expired") return { kind: "expired", customId };
  if (error["code"] === "batch_cancelled") return { kind: "cancelled", customId };
  return { kind: "answer", customId, status: 500, bytes: Buffer.from(JSON.stringify({ error })) };
}
