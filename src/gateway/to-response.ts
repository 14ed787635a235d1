import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type ApiProblem, openAiErrorBody, retryAfterSeconds } from "../protocol/api-error.ts";
import type { Refusal } from "../runtime/plan/plan.ts";
import { newRequestId } from "./request-id.ts";

/** What the gateway itself answers, without asking a provider: each with its HTTP status, which stand nowhere else. */
export const problems = {
  malformedTarget: (): ApiProblem =>
    invalid(400, "invalid_url", "the request target has to be a path that starts with a slash"),
  missingHost: (): ApiProblem => invalid(400, "missing_host", "the request has no Host header"),
  repeatedHeader: (name: string): ApiProblem =>
    invalid(400, "repeated_header", `the header ${name} stands more than once`),
  hostRefused: (): ApiProblem =>
    refusal(
      403,
      "host_not_allowed",
      "this gateway answers to loopback names only; see server.allowed-hosts",
    ),
  originRefused: (): ApiProblem =>
    refusal(
      403,
      "origin_not_allowed",
      "this gateway answers no web page of that origin; see server.allowed-origins",
    ),
  unauthorised: (): ApiProblem => ({
    status: 401,
    type: "authentication_error",
    code: "invalid_api_key",
    param: null,
    message: "the API key is missing or not known here",
  }),
  adminUnauthorised: (): ApiProblem => ({
    status: 401,
    type: "authentication_error",
    code: "invalid_admin_key",
    param: null,
    message: "this needs the admin key in x-signalbox-admin-key",
  }),
  malformedOrder: (param: string | null, message: string): ApiProblem => ({
    ...invalid(400, "invalid_value", message),
    param,
  }),
  targetNotFound: (name: string): ApiProblem =>
    notThere("target_not_found", `there is no target \`${name.slice(0, 100)}\``),
  versionNotKept: (): ApiProblem =>
    notThere("version_not_kept", "that version is not kept; see /admin/versions"),
  policyNotInVersion: (): ApiProblem =>
    notThere("policy_not_in_version", "that version has no such policy"),
  configurationDiffers: (): ApiProblem =>
    invalid(
      409,
      "configuration_differs",
      "that version had another configuration, which its policies were checked under: roll back the whole version, without `policy`",
    ),
  rollbackRefused: (reasons: readonly string[]): ApiProblem =>
    invalid(409, "rollback_refused", `that version cannot be in force: ${reasons.join("; ")}`),
  versionChanged: (version: number): ApiProblem =>
    invalid(412, "version_changed", `version ${version} is in force, not that of If-Match`),
  explainForbidden: (configured: boolean): ApiProblem =>
    refusal(
      403,
      "explain_not_allowed",
      configured
        ? "an explanation needs the admin key in x-signalbox-admin-key"
        : "an explanation needs an admin key, and none is configured: let `admin.key` in signalbox.yaml name a variable or file",
    ),
  explainBusy: (): ApiProblem => ({
    status: 503,
    type: "server_error",
    code: "explanation_unavailable",
    param: null,
    message:
      "too many explanations wait, or this one went over its limits; the request was not sent",
    retryAfterMs: 1_000,
  }),
  malformedSeed: (): ApiProblem =>
    invalid(400, "malformed_seed", "x-signalbox-seed takes a whole number below 4294967296"),
  notFound: (method: string, path: string): ApiProblem => ({
    status: 404,
    type: "invalid_request_error",
    code: "unknown_url",
    param: null,
    message: `there is no ${method} ${path.slice(0, 200)} here`,
  }),
  methodNotAllowed: (allowed: string): ApiProblem =>
    invalid(405, "method_not_allowed", `this takes ${allowed} only`),
  modelNotFound: (model: string): ApiProblem => ({
    status: 404,
    type: "invalid_request_error",
    code: "model_not_found",
    param: "model",
    message: `there is no policy or target \`${model.slice(0, 200)}\` that this key may use`,
  }),
  bodyTooLarge: (limitBytes: number): ApiProblem =>
    invalid(413, "request_too_large", `the request body is larger than ${limitBytes} bytes`),
  encodedBody: (): ApiProblem =>
    invalid(415, "unsupported_content_encoding", "send the request body without content-encoding"),
  fileTooLarge: (limitBytes: number): ApiProblem =>
    invalid(413, "file_too_large", `a file of requests takes at most ${limitBytes} bytes`),
  storageFull: (limitBytes: number): ApiProblem =>
    invalid(
      413,
      "storage_full",
      `the files of this key would take more than ${limitBytes} bytes: delete some`,
    ),
  notAForm: (): ApiProblem =>
    invalid(415, "unsupported_media_type", "a file is uploaded as multipart/form-data"),
  malformedForm: (why: string): ApiProblem =>
    invalid(400, "malformed_form", `the form cannot be read: ${why}`),
  fileNotFound: (id: string): ApiProblem =>
    notThere("file_not_found", `there is no file \`${id.slice(0, 100)}\``),
  fileInUse: (): ApiProblem =>
    invalid(409, "file_in_use", "a batch still reads from this file: cancel it first"),
  batchNotFound: (id: string): ApiProblem =>
    notThere("batch_not_found", `there is no batch \`${id.slice(0, 100)}\``),
  notBatched: (): ApiProblem => ({
    ...invalid(400, "invalid_value", "`endpoint` is none that answers batches here"),
    param: "endpoint",
  }),
  batchOver: (status: string): ApiProblem =>
    invalid(409, "batch_not_cancellable", `a batch that is ${status} cannot be cancelled`),
  tooManyBatches: (most: number): ApiProblem => ({
    status: 429,
    type: "rate_limit_error",
    code: "too_many_batches",
    param: null,
    message: `at most ${most} batches of one key may be at work; wait for some to end`,
    retryAfterMs: 60_000,
  }),
  storeUnusable: (): ApiProblem => ({
    status: 503,
    type: "server_error",
    code: "store_unusable",
    param: null,
    message: "the gateway's store cannot be used at the moment; its log says why",
    retryAfterMs: 30_000,
  }),
  streamedBatch: (): ApiProblem => ({
    ...invalid(
      400,
      "batch_not_streamable",
      "the policy lets this request wait for a batch, so its answer cannot be streamed: leave `stream` out and fetch the answer from /v1/batches",
    ),
    param: "stream",
  }),
  streamedLine: (): ApiProblem => ({
    ...invalid(400, "batch_not_streamable", "a request of a batch cannot be streamed"),
    param: "stream",
  }),
  overloaded: (): ApiProblem => ({
    status: 503,
    type: "server_error",
    code: "overloaded",
    param: null,
    message: "the gateway has too much to do at the moment; the request was not begun",
    retryAfterMs: 2_000,
  }),
  limited: (option: string, retryAfterMs: number | null): ApiProblem => ({
    status: 429,
    type: "rate_limit_error",
    code: "limit_reached",
    param: null,
    message: `the limit \`${option}\` of the policy has no room for this request at the moment`,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  }),
  stopping: (): ApiProblem => ({
    status: 503,
    type: "server_error",
    code: "shutting_down",
    param: null,
    message: "the gateway is stopping",
    retryAfterMs: 1_000,
  }),
  rejectedByRule: (status: number, message: string): ApiProblem => ({
    status,
    type: rejectionType(status),
    code: "rejected_by_policy",
    param: null,
    message: message === "" ? "the policy rejects this request" : message,
  }),
  refusedByPlan: ({ status, code, message }: Refusal): ApiProblem => ({
    status,
    type: rejectionType(status),
    code,
    param: null,
    message,
  }),
  bug: (): ApiProblem => ({
    status: 500,
    type: "server_error",
    code: "internal_error",
    param: null,
    message: "the gateway failed; its log says why under this answer's x-request-id",
  }),
};

/** Status of a record whose client left before an answer, after nginx's custom. */
export const clientGoneStatus = 499;

function invalid(status: number, code: string, message: string): ApiProblem {
  return { status, type: "invalid_request_error", code, param: null, message };
}

function notThere(code: string, message: string): ApiProblem {
  return invalid(404, code, message);
}

function refusal(status: number, code: string, message: string): ApiProblem {
  return { status, type: "permission_error", code, param: null, message };
}

function rejectionType(status: number): string {
  if (status === 429) return "rate_limit_error";
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** Answers with a problem, in OpenAI's envelope where no other is given; `headers` are flat pairs. Nothing happens when an answer has begun. */
export function sendProblem(
  response: ServerResponse,
  problem: ApiProblem,
  headers: readonly string[],
  write: (problem: ApiProblem) => string = openAiErrorBody,
): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(write(problem));
  const wait = retryAfterSeconds(problem);
  const all = [
    "content-type",
    "application/json",
    "content-length",
    String(body.length),
    ...headers,
  ];
  if (wait !== null) all.push("retry-after", String(wait));
  response.writeHead(problem.status, all);
  response.end(body);
}

/** Answers 200 with a JSON document. */
export function sendJson(
  response: ServerResponse,
  value: unknown,
  headers: readonly string[],
  ok = true,
): void {
  sendDocument(response, ok ? 200 : 503, value, headers);
}

/** Answers 202 with a JSON document: the request is taken, its answer comes later. */
export function sendAccepted(
  response: ServerResponse,
  value: unknown,
  headers: readonly string[],
): void {
  sendDocument(response, 202, value, headers);
}

function sendDocument(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: readonly string[],
): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, [
    "content-type",
    "application/json",
    "content-length",
    String(body.length),
    ...headers,
  ]);
  response.end(body);
}

/** Answers 200 with text of the given type. */
export function sendText(
  response: ServerResponse,
  text: string,
  contentType: string,
  headers: readonly string[],
): void {
  const body = Buffer.from(text);
  const head = ["content-type", contentType, "content-length", String(body.length), ...headers];
  response.writeHead(200, head);
  response.end(body);
}

/** Begins an answer of a known length that is written piece by piece. */
export function openDownload(
  response: ServerResponse,
  length: number,
  headers: readonly string[],
): void {
  const head = ["content-type", "application/octet-stream", "content-length", String(length)];
  response.writeHead(200, [...head, ...headers]);
}

/** Answers a browser's preflight. */
export function sendNoContent(response: ServerResponse, headers: readonly string[]): void {
  response.writeHead(204, [...headers]);
  response.end();
}

/** Begins a whole answer from a provider and ends it. */
export function sendReply(
  response: ServerResponse,
  body: Uint8Array | string,
  headers: string[],
  contentType = "application/json",
): void {
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  headers.push("content-type", contentType, "content-length", String(length));
  response.writeHead(200, headers);
  if (typeof body === "string" || length > oneWriteBytes) response.end(body);
  // As latin1 text the bytes stay what they are and leave in one write with the head.
  else response.end(Buffer.from(body.buffer, body.byteOffset, length).toString("latin1"), "latin1");
}

/** Up to this size copying a body costs less than a second buffer in the write. */
const oneWriteBytes = 64 * 1024;

/** Begins a stream: events, or one JSON list where it is `listed`. */
export function openStream(response: ServerResponse, headers: string[], listed: boolean): void {
  headers.push(
    "content-type",
    listed ? "application/json" : "text/event-stream; charset=utf-8",
    "cache-control",
    "no-cache",
    "x-accel-buffering",
    "no",
  );
  response.writeHead(200, headers);
}

const unreadable: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Answers what the HTTP parser gave up on, and closes. */
export function sendUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = unreadable[error.code ?? ""] ?? "400 Bad Request";
  const body = openAiErrorBody({
    status: 400,
    type: "invalid_request_error",
    code: "bad_http",
    param: null,
    message: "the request is not HTTP as it should be, too large in its head, or too slow",
  });
  const head = `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\nx-request-id: ${newRequestId()}\r\ncontent-length: ${body.length}`;
  socket.end(`${head}\r\n\r\n${body}`);
}
