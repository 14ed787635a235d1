import { buildConnector, type Dispatcher, Pool } from "undici";
import type { Provider } from "../../configuration/configuration.ts";
import type { UpstreamRequest } from "../providers/adapter.ts";
import { lookUpPublic } from "./public-address.ts";
import { noteBytesRead } from "./transport-failure.ts";

/** Where connections lead: a provider's own address, or another one that its package asked for. */
export interface Upstreams extends Pick<Provider, "name" | "url" | "connections" | "authorities"> {
  /** Whether only addresses that anybody can reach may be connected to, whatever a name resolves to. */
  readonly publicOnly?: boolean;
}

/** One set of connections per provider. */
export interface Pools {
  /**
   * Sends over a provider's connections, waiting for a free one; the path is below its origin. False, and nothing is done,
   * when too many wait already.
   */
  dispatch(
    provider: Upstreams,
    request: UpstreamRequest,
    handler: Dispatcher.DispatchHandler,
  ): boolean;
  /** Takes the providers of a new configuration: unchanged ones keep their connections, others close once idle. */
  reload(providers: Iterable<Provider>): void;
  /** Requests that are open or queued, over all providers. */
  inFlight(): number;
  /** Waits for what is in flight, then closes all connections. */
  close(): Promise<void>;
  /** Cuts what is in flight. */
  destroy(): Promise<void>;
}

export interface PoolSettings {
  readonly connectTimeoutMs: number;
  /** How long an idle connection is kept, unless the server says otherwise; below the 5 s of a Node server. */
  readonly keepAliveMs: number;
  /** Most bytes of one response, streams included. */
  readonly maxResponseBytes: number;
  /** Requests that may wait for a free connection, by each connection a provider may have. */
  readonly waitingPerConnection: number;
  /** Requests that may wait for a provider however few connections it may have. */
  readonly waitingAtLeast: number;
  /** Certificate authorities (PEM) to trust in place of the system's; verification itself is never switched off. */
  readonly certificateAuthorities: readonly string[];
}

/** What production runs with. */
export const defaultPoolSettings: PoolSettings = {
  connectTimeoutMs: 3_000,
  keepAliveMs: 4_000,
  maxResponseBytes: 256 * 1024 * 1024,
  waitingPerConnection: 4,
  waitingAtLeast: 64,
  certificateAuthorities: [],
};

/** Pools that open their connections when first asked. */
export function createPools(settings: PoolSettings = defaultPoolSettings): Pools {
  return new ProviderPools(settings);
}

/** A pool, and how many requests may go to it before its queue has to be looked at again: counting it costs time. */
interface Gated {
  readonly pool: Pool;
  readonly mostWaiting: number;
  unseen: number;
}

class ProviderPools implements Pools {
  readonly #settings: PoolSettings;
  readonly #pools = new Map<string, Gated>();
  /** The same pools by the objects of the configuration in force, which is what requests come with. */
  #found = new WeakMap<Upstreams, Gated>();
  /** Replaced pools whose last requests are still running. */
  readonly #leaving = new Map<Pool, Promise<void>>();

  constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  dispatch(
    provider: Upstreams,
    request: UpstreamRequest,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const gated = this.#poolOf(provider);
    if (gated.unseen <= 0) gated.unseen = gated.mostWaiting - gated.pool.stats.queued;
    if (gated.unseen <= 0) return false;
    gated.unseen -= 1;
    gated.pool.dispatch(
      {
        path: request.path,
        method: request.method ?? "POST",
        headers: request.headers as string[],
        body: request.method === "GET" ? null : request.body,
      },
      handler,
    );
    return true;
  }

  reload(providers: Iterable<Provider>): void {
    this.#found = new WeakMap();
    const wanted = new Set<string>();
    for (const provider of providers) wanted.add(keyOf(provider));
    for (const [key, { pool }] of this.#pools) {
      if (wanted.has(key)) continue;
      this.#pools.delete(key);
      this.#leave(pool);
    }
  }

  inFlight(): number {
    let count = 0;
    for (const { pool } of this.#pools.values()) count += pool.stats.size;
    for (const pool of this.#leaving.keys()) count += pool.stats.size;
    return count;
  }

  async close(): Promise<void> {
    this.reload([]);
    await Promise.all(this.#leaving.values());
  }

  async destroy(): Promise<void> {
    this.reload([]);
    await Promise.all([...this.#leaving.keys()].map((pool) => pool.destroy()));
  }

  #leave(pool: Pool): void {
    const gone = (): void => {
      this.#leaving.delete(pool);
    };
    this.#leaving.set(pool, pool.close().then(gone, gone));
  }

  #poolOf(provider: Upstreams): Gated {
    const found = this.#found.get(provider);
    if (found) return found;
    const key = keyOf(provider);
    const gated = this.#pools.get(key) ?? openGated(provider, this.#settings);
    this.#pools.set(key, gated);
    this.#found.set(provider, gated);
    return gated;
  }
}

function openGated(provider: Upstreams, settings: PoolSettings): Gated {
  const { connections } = provider;
  const mostWaiting = Math.max(
    settings.waitingAtLeast,
    connections * settings.waitingPerConnection,
  );
  return { pool: openPool(provider, settings), mostWaiting, unseen: mostWaiting };
}

function openPool(provider: Upstreams, settings: PoolSettings): Pool {
  return new Pool(new URL(provider.url).origin, {
    connections: provider.connections,
    pipelining: 1,
    connect: connectorOf(settings, provider),
    keepAliveTimeout: settings.keepAliveMs,
    maxResponseSize: settings.maxResponseBytes,
    // The plan's own limits stand over these two, and the machine keeps them.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** Opens connections whose errors tell how much was read before them. */
function connectorOf(
  settings: PoolSettings,
  { publicOnly, authorities }: Upstreams,
): buildConnector.connector {
  const { certificateAuthorities } = settings;
  const vouching = authorities === undefined ? certificateAuthorities : [authorities];
  const connect = buildConnector({
    timeout: settings.connectTimeoutMs,
    allowH2: false,
    // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED in some environment cannot unsay it.
    rejectUnauthorized: true,
    ...(publicOnly === true ? { lookup: lookUpPublic } : {}),
    ...(vouching.length > 0 ? { ca: [...vouching] } : {}),
  });
  return (options, callback) =>
    connect(options, (...settled) => {
      const [, socket] = settled;
      socket?.on("error", (error) => noteBytesRead(error, socket.bytesRead));
      callback(...settled);
    });
}

/** What makes a pool: a change of headers, key or kind keeps its connections. */
function keyOf({ name, url, connections, publicOnly, authorities = "" }: Upstreams): string {
  return `${name}\n${url}\n${connections}${publicOnly === true ? "\npublic" : ""}\n${authorities}`;
}
