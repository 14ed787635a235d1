import { AsyncLocalStorage } from "node:async_hooks";
import type { Dispatcher } from "undici";
import type { Provider } from "../../configuration/configuration.ts";
import { isOwnHeader } from "../../configuration/keys.ts";
import { mayBePublic } from "../../configuration/public-address.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { UpstreamRequest } from "../providers/adapter.ts";
import { type FetchWatch, Transfer } from "./fetch-watch.ts";
import type { Pools, Upstreams } from "./pools.ts";
import { queueFull, refusedAddress } from "./transport-failure.ts";

/** A package sends to its model's server, and perhaps to one that gives out tokens; more origins are a mistake. */
const mostOrigins = 16;

const watches = new AsyncLocalStorage<FetchWatch>();

/** Runs what a package does for one attempt: whatever it fetches, then or later, is bounded and seen by the watch. */
export function watched<T>(watch: FetchWatch, run: () => T): T {
  return watches.run(watch, run);
}

/** A request that no language model needs: it is not sent. */
const refusedRequest: Failure = {
  cause: "unavailable",
  retrySame: false,
  code: "upstream_request_refused",
  message: "the provider's package asked for something that is not sent for it",
};

/**
 * What a provider's package gets for `fetch`: POSTs over the provider's own connections, no redirects followed, certificates
 * verified. Beside the provider's `url` it reaches HTTPS at public addresses only. Works within `watched` alone.
 */
export function fetchOver(pools: Pools, provider: Provider): typeof fetch {
  const own = URL.canParse(provider.url) ? new URL(provider.url).origin : null;
  const others = new Map<string, Upstreams>();
  const upstreamsOf = (url: URL): Upstreams | null => {
    if (url.username !== "" || url.password !== "") return null;
    if (url.origin === own) return provider;
    if (url.protocol !== "https:" || !mayBePublic(url.hostname)) return null;
    const known = others.get(url.origin);
    if (known !== undefined) return known;
    if (others.size >= mostOrigins) return null;
    const { name, connections } = provider;
    const made = { name, connections, url: url.origin, publicOnly: true };
    others.set(url.origin, made);
    return made;
  };
  return async (input, init) => {
    const watch = watches.getStore();
    if (watch === undefined) throw new TypeError("this fetch serves the requests of attempts only");
    const signal = init?.signal ?? (input instanceof Request ? input.signal : null);
    signal?.throwIfAborted();
    const url = new URL(input instanceof Request ? input.url : String(input));
    const upstreams = upstreamsOf(url);
    if (upstreams === null) return watch.refuse(refusedAddress);
    const request = await upstreamRequest(url, input, init);
    if (request === null) return watch.refuse(refusedRequest);
    return send(pools, upstreams, request, { watch, signal });
  };
}

function send(
  pools: Pools,
  upstreams: Upstreams,
  request: UpstreamRequest,
  { watch, signal }: { readonly watch: FetchWatch; readonly signal: AbortSignal | null },
): Promise<Response> {
  const dispatch = (handler: Dispatcher.DispatchHandler): boolean =>
    pools.dispatch(upstreams, request, handler);
  const transfer = new Transfer(watch, dispatch, signal);
  if (!transfer.begin()) return watch.refuse(queueFull);
  return transfer.response;
}

/** The request as the pools take it; null for another method than POST, or a body that is not at hand. */
async function upstreamRequest(
  url: URL,
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<UpstreamRequest | null> {
  const from = input instanceof Request ? input : null;
  if ((init?.method ?? from?.method ?? "GET").toUpperCase() !== "POST") return null;
  const given = init?.body ?? (from === null ? "" : new Uint8Array(await from.arrayBuffer()));
  const body = bytesOf(given);
  if (body === null) return null;
  const headers = new Headers(init?.headers ?? from?.headers);
  if (given instanceof URLSearchParams && !headers.has("content-type"))
    headers.set("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
  const pairs = ["accept-encoding", "identity"];
  for (const [name, value] of headers) if (!isOwnHeader(name)) pairs.push(name, value);
  return { path: url.pathname + url.search, headers: pairs, body };
}

function bytesOf(body: unknown): Uint8Array | string | null {
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (body instanceof URLSearchParams) return body.toString();
  return body instanceof ArrayBuffer ? new Uint8Array(body) : null;
}
