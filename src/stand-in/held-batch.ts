import type { Json } from "./wire.ts";

export interface BatchReply {
  readonly status: number;
  readonly body: string;
}

export interface HeldFile {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly createdAtMs: number;
  readonly text: string;
}

export interface HeldLine {
  readonly customId: string;
  readonly body: Json;
}

export interface HeldBatch {
  readonly id: string;
  readonly createdAtMs: number;
  readonly order: Json;
  readonly lines: readonly HeldLine[];
  readonly refusal: string | null;
  cancelledAtMs: number | null;
  /** By custom id, once the batch is over. */
  results: ReadonlyMap<string, LineOutcome> | null;
  outputId: string | null;
  errorId: string | null;
}

export type LineOutcome =
  | { readonly kind: "answer"; readonly body: string }
  | { readonly kind: "error"; readonly status: number; readonly body: string }
  | { readonly kind: "expired" | "cancelled" };

export const dayMs = 86_400_000;

export const seconds = (ms: number): number => Math.floor(ms / 1000);
export const isoOf = (ms: number): string => new Date(ms).toISOString();

export function json(value: Json): BatchReply {
  return { status: 200, body: JSON.stringify(value) };
}

export function invalid(message: string, status = 400): BatchReply {
  const error = { message, type: "invalid_request_error", param: null, code: null };
  return { status, body: JSON.stringify({ error }) };
}

export const notFound = (message: string): BatchReply => invalid(message, 404);

export function ownError(status: number, type: string, message: string): BatchReply {
  return { status, body: JSON.stringify({ type: "error", error: { type, message } }) };
}

export function page(all: readonly Json[], query: URLSearchParams): Json {
  const after = query.get("after");
  const limit = Number(query.get("limit") ?? 20);
  const purpose = query.get("purpose");
  const wanted = all.filter((item) => purpose === null || item["purpose"] === purpose);
  const from = after === null ? 0 : wanted.findIndex((item) => item["id"] === after) + 1;
  const data = wanted.slice(from, from + limit);
  return {
    object: "list",
    data,
    first_id: data[0]?.["id"] ?? null,
    last_id: data.at(-1)?.["id"] ?? null,
    has_more: from + limit < wanted.length,
  };
}

export function fileObject(file: HeldFile): Json {
  return {
    id: file.id,
    object: "file",
    bytes: Buffer.byteLength(file.text),
    created_at: seconds(file.createdAtMs),
    filename: file.filename,
    purpose: file.purpose,
    status: "processed",
  };
}

export function statusOf({ results, refusal, cancelledAtMs }: HeldBatch): string {
  if (refusal !== null) return "failed";
  if (results === null) return cancelledAtMs === null ? "in_progress" : "cancelling";
  if (cancelledAtMs !== null) return "cancelled";
  return [...results.values()].some(({ kind }) => kind === "expired") ? "expired" : "completed";
}

export function outputLine(customId: string, outcome: LineOutcome): string {
  const head = `{"id":"batch_req_${customId}","custom_id":${JSON.stringify(customId)}`;
  if (outcome.kind === "answer" || outcome.kind === "error") {
    const status = outcome.kind === "answer" ? 200 : outcome.status;
    return `${head},"response":{"status_code":${status},"request_id":"req_${customId}","body":${outcome.body}},"error":null}`;
  }
  const code = outcome.kind === "expired" ? "batch_expired" : "batch_cancelled";
  const message = "This request could not be executed before the completion window expired.";
  return `${head},"response":null,"error":${JSON.stringify({ code, message })}}`;
}

export function resultLine(customId: string, outcome: LineOutcome): string {
  const head = `{"custom_id":${JSON.stringify(customId)},"result":`;
  switch (outcome.kind) {
    case "answer":
      return `${head}{"type":"succeeded","message":${outcome.body}}}`;
    case "error":
      return `${head}{"type":"errored","error":${outcome.body}}}`;
    case "expired":
      return `${head}{"type":"expired"}}`;
    case "cancelled":
      return `${head}{"type":"canceled"}}`;
  }
}
