import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiProblem } from "../protocol/api-error.ts";
import { StoreError } from "../runtime/store/sqlite.ts";
import type { Core } from "./core.ts";
import { problems } from "./problems.ts";
import { requestIdOf } from "./request-id.ts";
import type { Snapshot } from "./snapshot.ts";
import { problemWriterAt, type Surface, surfaceAt } from "./surfaces.ts";
import { sendProblem } from "./to-response.ts";

/** One request with its answer, and the version of everything it is answered by. */
export interface Exchange {
  readonly core: Core;
  readonly snapshot: Snapshot;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  /** Flat header pairs that every answer to it carries. */
  readonly headers: readonly string[];
  /** The API it is a request of; null for the gateway's own pages. Errors are told in its envelope. */
  readonly surface: Surface | null;
}

/** Takes up a request under the version in force now. */
export function openExchange(
  core: Core,
  request: IncomingMessage,
  response: ServerResponse,
): Exchange {
  const { snapshot } = core;
  const id = requestIdOf(request);
  if (core.stopping) response.shouldKeepAlive = false;
  const crossOrigin = snapshot.doors.crossOrigin(request);
  const headers =
    crossOrigin.length === 0 ? ["x-request-id", id] : ["x-request-id", id, ...crossOrigin];
  const surface = surfaceAt(pathOf(request), queryOf(request));
  return { core, snapshot, request, response, id, headers, surface };
}

/** The path of a request, without its query. */
export function pathOf({ url = "" }: IncomingMessage): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

/** What stands behind the question mark of a request's address; it may hold a key, so it is never logged. */
export function queryOf({ url = "" }: IncomingMessage): string {
  const query = url.indexOf("?");
  return query < 0 ? "" : url.slice(query + 1);
}

/** Answers with a problem that no policy decided, and counts it. */
export function refuse(exchange: Exchange, problem: ApiProblem): void {
  exchange.core.metrics.refused(problem.status);
  const { request, response, headers, surface } = exchange;
  const write = surface?.writer.problem ?? problemWriterAt(pathOf(request), request.headers);
  sendProblem(response, problem, headers, write);
}

/** Whether a request reads; false after it was refused. */
export function isGet(exchange: Exchange): boolean {
  const { method } = exchange.request;
  if (method === "GET" || method === "HEAD") return true;
  notAllowed(exchange, "GET");
  return false;
}

/** Refuses a request for its method. */
export function notAllowed(exchange: Exchange, allowed: string): void {
  refuse(
    { ...exchange, headers: [...exchange.headers, "allow", allowed] },
    problems.methodNotAllowed(allowed),
  );
}

/**
 * Answers what was thrown on the way, and logs it with what is told `about` the request: 503 where the store cannot be used,
 * 500 for a fault of ours. An answer that has begun is cut.
 */
export function fault(exchange: Exchange, err: unknown, about: object = {}): void {
  const { core, id, response } = exchange;
  const isStore = err instanceof StoreError;
  const message = isStore ? err.message : "a fault of the gateway itself";
  core.logger.error({ err, requestId: id, ...about }, message);
  if (response.headersSent) response.destroy();
  else refuse(exchange, isStore ? problems.storeUnusable() : problems.bug());
}

/**
 * A callback of an exchange that is called later, by a stream or a promise: nobody above it would catch what it throws, and
 * the process would end with all other requests.
 */
export function guarded<Parameters extends readonly unknown[]>(
  exchange: Exchange,
  run: (...parameters: Parameters) => void,
): (...parameters: Parameters) => void {
  return (...parameters) => {
    try {
      run(...parameters);
    } catch (error) {
      fault(exchange, error);
    }
  };
}
