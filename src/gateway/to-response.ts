import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type ApiProblem, openAiErrorBody, retryAfterSeconds } from "../protocol/api-error.ts";
import { newRequestId } from "./request-id.ts";

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
  else if (problem.final === true) all.push("x-should-retry", "false");
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

/** Answers 201 with a JSON document: what was asked for has been made. */
export function sendCreated(
  response: ServerResponse,
  value: unknown,
  headers: readonly string[],
): void {
  sendDocument(response, 201, value, headers);
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
  if (typeof body === "string" && length === body.length) response.end(body, "latin1");
  else if (typeof body === "string" || length > oneWriteBytes) response.end(body);
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
