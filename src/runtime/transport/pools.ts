import { type Dispatcher, Pool } from "undici";
import type { Provider } from "../../configuration/configuration.ts";
import type { UpstreamRequest } from "../providers/adapter.ts";

/** One set of connections per provider. */
export interface Pools {
  /** Posts over a provider's connections, waiting for a free one; the path is below its origin. */
  dispatch(provider: Provider, request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void;
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
  /** Certificate authorities (PEM) to trust in place of the system's; verification itself is never switched off. */
  readonly certificateAuthorities: readonly string[];
}

/** What production runs with. */
export const defaultPoolSettings: PoolSettings = {
  connectTimeoutMs: 3_000,
  keepAliveMs: 4_000,
  maxResponseBytes: 256 * 1024 * 1024,
  certificateAuthorities: [],
};

/** Pools that open their connections when first asked. */
export function createPools(settings: PoolSettings = defaultPoolSettings): Pools {
  return new ProviderPools(settings);
}

class ProviderPools implements Pools {
  readonly #settings: PoolSettings;
  readonly #pools = new Map<string, Pool>();
  /** The same pools by the objects of the configuration in force, which is what requests come with. */
  #found = new WeakMap<Provider, Pool>();
  /** Replaced pools whose last requests are still running. */
  readonly #leaving = new Map<Pool, Promise<void>>();

  constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  dispatch(
    provider: Provider,
    request: UpstreamRequest,
    handler: Dispatcher.DispatchHandler,
  ): void {
    this.#poolOf(provider).dispatch(
      {
        path: request.path,
        method: "POST",
        headers: request.headers as string[],
        body: request.body,
      },
      handler,
    );
  }

  reload(providers: Iterable<Provider>): void {
    this.#found = new WeakMap();
    const wanted = new Set<string>();
    for (const provider of providers) wanted.add(keyOf(provider));
    for (const [key, pool] of this.#pools) {
      if (wanted.has(key)) continue;
      this.#pools.delete(key);
      this.#leave(pool);
    }
  }

  inFlight(): number {
    let count = 0;
    for (const pool of this.#pools.values()) count += pool.stats.size;
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

  #poolOf(provider: Provider): Pool {
    const found = this.#found.get(provider);
    if (found) return found;
    const key = keyOf(provider);
    const pool = this.#pools.get(key) ?? openPool(provider, this.#settings);
    this.#pools.set(key, pool);
    this.#found.set(provider, pool);
    return pool;
  }
}

function openPool(provider: Provider, settings: PoolSettings): Pool {
  const { certificateAuthorities } = settings;
  return new Pool(new URL(provider.url).origin, {
    connections: provider.connections,
    pipelining: 1,
    allowH2: false,
    connect: {
      timeout: settings.connectTimeoutMs,
      // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED in some environment cannot unsay it.
      rejectUnauthorized: true,
      ...(certificateAuthorities.length > 0 ? { ca: [...certificateAuthorities] } : {}),
    },
    keepAliveTimeout: settings.keepAliveMs,
    maxResponseSize: settings.maxResponseBytes,
    // The plan's own limits stand over these two, and the machine keeps them.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** What makes a pool: a change of headers, key or kind keeps its connections. */
function keyOf(provider: Provider): string {
  return `${provider.name}\n${provider.url}\n${provider.connections}`;
}
