import type { IncomingMessage, ServerResponse } from "node:http";
import { serveAdmin } from "./admin/admin.ts";
import { serveBatches } from "./batches.ts";
import { caller } from "./caller.ts";
import type { Core } from "./core.ts";
import {
  type Exchange,
  fault,
  guarded,
  isGet,
  notAllowed,
  openExchange,
  pathOf,
  queryOf,
  refuse,
} from "./exchange.ts";
import { serveFiles } from "./files.ts";
import { type ModelPages, modelPagesFor } from "./list-models.ts";
import { problems } from "./problems.ts";
import { readiness } from "./readiness.ts";
import { serveModel } from "./serve-model.ts";
import { decoded, type Surface } from "./surfaces.ts";
import { sendJson, sendNoContent, sendText } from "./to-response.ts";

/** Who a listening port is for: the clients, those who run the gateway, or both. */
export type Door = "clients" | "operators" | "all";

/** Answers one request; what is thrown on the way is answered too. */
export function serve(
  core: Core,
  request: IncomingMessage,
  response: ServerResponse,
  door: Door,
): void {
  const exchange = openExchange(core, request, response);
  try {
    route(exchange, door);
  } catch (error) {
    fault(exchange, error);
  }
}

function route(exchange: Exchange, door: Door): void {
  const { request, snapshot, surface } = exchange;
  if (!request.url?.startsWith("/")) {
    refuse(exchange, problems.malformedTarget());
    return;
  }
  const problem = snapshot.doors.check(request);
  if (problem !== null) {
    refuse(exchange, problem);
    return;
  }
  const path = pathOf(request);
  const isOperators = path.startsWith("/admin/") || path === "/metrics";
  const isProbe = path === "/healthz" || path === "/readyz";
  if (surface === null && request.method === "OPTIONS" && isPreflight(exchange)) {
    preflight(exchange);
  } else if (isProbe || (isOperators && door !== "clients")) operate(exchange, path);
  else if (isOperators || door === "operators") {
    refuse(exchange, problems.notFound(request.method ?? "", path));
  } else if (surface !== null) ask(exchange, surface);
  else if (modelsPath.test(path)) models(exchange, path);
  else if (laneOf(path) !== null) lane(exchange, path);
  else refuse(exchange, problems.notFound(request.method ?? "", path));
}

function isPreflight({ headers, request }: Exchange): boolean {
  return headers.length > 2 && request.headers["access-control-request-method"] !== undefined;
}

function preflight({ request, response, headers }: Exchange): void {
  const asked = request.headers["access-control-request-headers"] ?? "";
  sendNoContent(response, [
    ...headers,
    "access-control-allow-methods",
    "GET, POST, DELETE",
    "access-control-allow-headers",
    asked,
    "access-control-max-age",
    "600",
  ]);
}

function ask(exchange: Exchange, surface: Surface): void {
  const { method } = exchange.request;
  if (method === "OPTIONS" && isPreflight(exchange)) {
    preflight(exchange);
    return;
  }
  if (method !== "POST") {
    notAllowed(exchange, "POST");
    return;
  }
  const key = caller(exchange);
  if (key !== false) serveModel(exchange, surface, key);
}

/** A list of models, or one of them. */
const modelsPath = /^\/v1(?:alpha|beta)?\/models(?:\/|$)/;

function models(exchange: Exchange, path: string): void {
  if (!isGet(exchange)) return;
  const key = caller(exchange);
  if (key === false) return;
  const { request, response, snapshot, headers } = exchange;
  const pages: ModelPages = modelPagesFor(path, request.headers);
  const name = path.replace(modelsPath, "");
  if (name === "") {
    const query = new URLSearchParams(queryOf(request));
    sendJson(response, pages.list(snapshot, key, query), headers);
    return;
  }
  const id = decoded(name);
  const found = pages.one(snapshot, key, id);
  if (found === null) refuse(exchange, problems.modelNotFound(id));
  else sendJson(response, found, headers);
}

/** The parts of a path of files or batches; null for any other. */
function laneOf(path: string): RegExpExecArray | null {
  return /^\/v1\/(?:(files)|batches)(?:\/([^/]+)(?:\/(content|cancel))?)?$/.exec(path);
}

function lane(exchange: Exchange, path: string): void {
  const [, files, id, part = null] = laneOf(path) ?? [];
  const isFiles = files !== undefined;
  if (part !== null && (part === "content") !== isFiles) {
    refuse(exchange, problems.notFound(exchange.request.method ?? "", path));
    return;
  }
  const key = caller(exchange);
  if (key === false) return;
  const serveIt = isFiles ? serveFiles : serveBatches;
  const allowed = serveIt(exchange, key?.name ?? "", {
    id: id === undefined ? null : decoded(id),
    part,
  });
  if (allowed !== null) notAllowed(exchange, allowed);
}

/** What those ask who run the gateway; whether it is up and ready everybody may ask. */
function operate(exchange: Exchange, path: string): void {
  const { core, response, headers } = exchange;
  if (path.startsWith("/admin/")) serveAdmin(exchange);
  else if (!isGet(exchange)) return;
  else if (path === "/metrics") metrics(exchange);
  else if (path === "/readyz") sendJson(response, readiness(core), headers, !core.stopping);
  else sendJson(response, { ok: true }, headers);
}

function metrics(exchange: Exchange): void {
  const { core, response, headers } = exchange;
  core.metrics.text().then(
    guarded(exchange, (text) => sendText(response, text, core.metrics.contentType, headers)),
    (error) => fault(exchange, error),
  );
}
