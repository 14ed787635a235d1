import type { Purge } from "../../runtime/cache/cache-store.ts";
import { type Exchange, fault, guarded, isGet, notAllowed } from "../exchange.ts";
import { sendJson } from "../to-response.ts";
import { audit } from "./audit.ts";
import { field, type Order, OrderError, readOrder, textOf } from "./read-order.ts";

const names = ["key", "tenant", "target", "tag"] as const;

/** Answers what is kept of answers and what became of requests (GET), or forgets entries (POST). A part of it that fails is named. */
export function serveCache(exchange: Exchange): void {
  const { method } = exchange.request;
  if (method === "POST") purge(exchange);
  else if (method === "GET" || method === "HEAD") show(exchange);
  else notAllowed(exchange, "GET, POST");
}

function show(exchange: Exchange): void {
  if (!isGet(exchange)) return;
  const { core, response, headers } = exchange;
  answer(exchange, core.cache.report(), (report) => sendJson(response, report, headers));
}

function purge(exchange: Exchange): void {
  const { core, response, headers } = exchange;
  readOrder(exchange, [...names, "all"], (given) => {
    const order = purgeOf(given);
    answer(exchange, core.cache.purge(order), ({ purged, failed }) => {
      const told = failed === null ? { purged } : { purged, failed };
      audit(exchange, "cache", { ...order, ...told });
      // What was done in part is not done.
      sendJson(response, told, headers, failed === null);
    });
  });
}

/** What is to be forgotten. An order that names nothing has to say that it means all. */
function purgeOf(given: Order): Purge {
  const order: Partial<Record<(typeof names)[number], string>> = {};
  for (const name of names) {
    const value = textOf(field(given, name), name);
    if (value !== null) order[name] = value;
  }
  const all = field(given, "all");
  if (all !== undefined && all !== true)
    throw new OrderError("`all` has to be true, or left out", { param: "all" });
  const isNamed = Object.keys(order).length > 0;
  if (isNamed === (all === true))
    throw new OrderError('a purge names a key, a tenant, a target or a tag, or says "all": true', {
      param: "all",
    });
  return order;
}

function answer<T>(exchange: Exchange, coming: Promise<T>, send: (value: T) => void): void {
  coming.then(guarded(exchange, send), (error: unknown) => fault(exchange, error));
}
