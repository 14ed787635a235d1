import type { Picodollars } from "../base/money.ts";
import type { CacheSettings, Configuration } from "../configuration/configuration.ts";
import type { AnswerEvent } from "../protocol/answer-event.ts";
import type { CacheEntry, CacheSizes, CacheStore, Purge } from "../runtime/cache/cache-store.ts";
import { FlightBook } from "../runtime/cache/flight.ts";
import { readAnswer } from "../runtime/cache/read-kept.ts";
import type { Dispatch } from "../runtime/dispatch/dispatch.ts";
import { MemoryCacheStore } from "../runtime/store/memory-cache-store.ts";
import { StoreError } from "../runtime/store/sqlite.ts";
import type { CacheMeters, CacheResult } from "../runtime/telemetry/cache-meters.ts";
import type { Core } from "./core.ts";
import { MeaningIndex } from "./meaning-index.ts";
import { ModelVersions } from "./model-versions.ts";
import { PopularRequests } from "./popular-requests.ts";
import { StartError } from "./start-error.ts";

export interface AnswerCacheParts {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds of a clock that is not set. */
  readonly monotonic: () => number;
  readonly meters: CacheMeters;
  readonly configuration: () => Configuration;
  /** Told of each reading or writing of the store that failed. */
  readonly failed: (error: unknown) => void;
  /** Finds kept answers by the meaning of what was asked. */
  readonly meaning: MeaningIndex;
}

/** Why a part of the cache could not be asked: the kept answers, or their prompts. */
export type FailedParts = { readonly [Part in "answers" | "semantic"]?: string };

/** What an order to forget came to. */
export interface Purged {
  /** Answers forgotten; null where they could not be asked. */
  readonly purged: number | null;
  readonly failed: FailedParts | null;
}

/** A cache that does not answer in time would hold up requests that it is to make faster. */
const redisTimeoutMs = 250;

/** Answers that are held parsed, and how long their texts may be: a few megabytes at most, beside the store's bound. */
const mostRead = 64;
const longestRead = 16_384;

/** The least by which two moments are apart: a double holds a quarter of that of today's time. */
const leastMs = 0.001;

/** Answers fetched anew beside stale ones at once; beyond, stale ones stand without. */
const mostRefreshes = 64;

/** The answers that are kept, and the requests under way that others wait for. Without its store it is empty, and requests go on. */
export class AnswerCache {
  readonly popular = new PopularRequests();
  readonly flights: FlightBook;
  readonly meters: CacheMeters;
  readonly meaning: MeaningIndex;
  readonly versions = new ModelVersions();
  readonly #parts: AnswerCacheParts;
  readonly #counts = { hit: 0, stale: 0, miss: 0, collapsed: 0, bypass: 0 };
  readonly #refreshing = new Set<Dispatch>();
  readonly #read = new Map<CacheEntry, readonly AnswerEvent[]>();
  #kept = 0;
  #savedPicodollars = 0;
  #lastMomentMs = 0;
  #store: CacheStore | null = null;

  constructor(parts: AnswerCacheParts) {
    this.#parts = parts;
    this.flights = new FlightBook(parts.monotonic);
    this.meters = parts.meters;
    this.meaning = parts.meaning;
  }

  get settings(): CacheSettings {
    return this.#parts.configuration().cache;
  }

  /** Opens the store that the configuration names. Rejects with a StoreError where it cannot be used. */
  async begin(): Promise<void> {
    const { cache, redis } = this.#parts.configuration();
    const { store, path, mostBytes } = cache;
    if (store === "file") {
      const { openSqliteCacheStore } = await import("../runtime/store/sqlite-cache-store.ts");
      this.#store = openSqliteCacheStore(path, mostBytes);
    } else if (store === "redis" && redis?.url.kind === "value") {
      // Loaded where it is used: most gateways stand alone.
      const { openRedisCacheStore } = await import("../runtime/store/redis-cache-store.ts");
      const { prefix, url } = redis;
      const { failed } = this.#parts;
      this.#store = await openRedisCacheStore({
        ...{ url: url.value, prefix, failed, mostBytes, timeoutMs: redisTimeoutMs },
      });
    } else this.#store = new MemoryCacheStore(mostBytes, this.moment());
    await this.meaning.begin();
  }

  /** Now, in epoch milliseconds, and no two moments are the same: what was asked for before a purge is told from what came after. */
  moment(): number {
    const nowMs = this.#parts.now();
    this.#lastMomentMs = nowMs > this.#lastMomentMs ? nowMs : this.#lastMomentMs + leastMs;
    return this.#lastMomentMs;
  }

  /** The entry of a key: at once, unless the store is elsewhere. One that cannot be read is none. */
  find(key: string): CacheEntry | null | Promise<CacheEntry | null>;
  /** The same, which tells one that cannot be read from none. */
  find<T>(key: string, unread: T): CacheEntry | null | T | Promise<CacheEntry | null | T>;
  find<T>(key: string, unread?: T): CacheEntry | null | T | Promise<CacheEntry | null | T> {
    return this.#try<CacheEntry | null | T>((store, atMs) => store.get(key, atMs), unread ?? null);
  }

  /** What an entry says; null where its time is over, and, counted, where that is no answer: others may write to a shared store. */
  eventsOf(entry: CacheEntry): readonly AnswerEvent[] | null {
    const { key, answer, expiresAtMs } = entry;
    if (expiresAtMs <= this.#parts.now()) {
      this.#read.delete(entry);
      return null;
    }
    const read = this.#read.get(entry);
    if (read !== undefined) return read;
    const events = readAnswer(answer);
    if (events !== null) {
      this.#remember(entry, events);
      return events;
    }
    this.#failed(new StoreError(`the entry ${key} of the cache is no answer`));
    return null;
  }

  /** Keeps what was asked for at a moment, unless it was purged since; `kept` is called where it is. */
  keep(entry: CacheEntry, askedAtMs: number, kept: () => void): void {
    const over = (isKept: boolean | null): void => {
      // What the store failed in is counted already.
      if (isKept !== null) this.meters.answered(isKept ? "kept" : "purged");
      if (isKept !== true) return;
      this.#kept += 1;
      kept();
    };
    const put = this.#try<boolean | null>((store, atMs) => store.put(entry, atMs, askedAtMs), null);
    if (put instanceof Promise) void put.then(over);
    else over(put);
  }

  /**
   * Forgets entries, and what is under way to be one of them, here and wherever the store is shared: each part, whatever
   * fails in the other.
   */
  async purge(order: Purge): Promise<Purged> {
    this.flights.purge(order);
    this.popular.clear();
    this.#read.clear();
    const { answers: purged = null, failed } = await eachPart({
      answers: async () => (await this.#store?.purge(order, this.moment())) ?? 0,
      semantic: () => this.meaning.purge(order),
    });
    return { purged, failed };
  }

  asked(policy: string, result: CacheResult): void {
    this.#counts[result] += 1;
    this.meters.asked(policy, result);
  }

  /** Counts what an answer would have cost that was not asked for again. */
  saved(target: string, cost: Picodollars | null): void {
    if (cost === null) return;
    this.#savedPicodollars += cost;
    this.meters.saved(target, cost);
  }

  /** Whether one more answer may be fetched beside a stale one. */
  get mayRefresh(): boolean {
    return this.#refreshing.size < mostRefreshes;
  }

  refreshing(dispatch: Dispatch): void {
    this.#refreshing.add(dispatch);
  }

  refreshed(dispatch: Dispatch): void {
    this.#refreshing.delete(dispatch);
  }

  /** What an operator is shown: of a part that fails why, and null in its place. */
  async report(): Promise<object> {
    const { store, scope, mostBytes } = this.settings;
    const none: CacheSizes = { entries: 0, bytes: 0 };
    const { answers, semantic, failed } = await eachPart({
      answers: async () => (await this.#store?.sizes(this.#parts.now())) ?? none,
      semantic: () => this.meaning.report(),
    });
    const { entries, bytes } = answers ?? { entries: null, bytes: null };
    return {
      ...{ store, scope, entries, bytes, mostBytes },
      requests: { ...this.#counts },
      ...{ kept: this.#kept, savedDollars: this.#savedPicodollars / 1e12 },
      ...{ underWay: this.flights.size, refreshing: this.#refreshing.size },
      semantic: semantic ?? null,
      ...(failed === null ? {} : { failed }),
    };
  }

  /** Stops what is fetched beside requests. */
  stop(): void {
    for (const dispatch of [...this.#refreshing]) dispatch.clientGone();
    this.meaning.stop();
  }

  async close(): Promise<void> {
    await this.meaning.close();
    const store = this.#store;
    this.#store = null;
    await store?.close();
  }

  /** Popular answers are parsed once, where the store gives the same entry each time. */
  #remember(entry: CacheEntry, events: readonly AnswerEvent[]): void {
    if (this.settings.store !== "memory" || entry.answer.length > longestRead) return;
    for (const oldest of this.#read.keys()) {
      if (this.#read.size < mostRead) break;
      this.#read.delete(oldest);
    }
    this.#read.set(entry, events);
  }

  #failed(error: unknown): void {
    this.meters.failed();
    this.#parts.failed(error);
  }

  #try<T>(run: (store: CacheStore, atMs: number) => T | Promise<T>, otherwise: T): T | Promise<T> {
    const store = this.#store;
    if (store === null) return otherwise;
    const failed = (error: unknown): T => {
      if (!(error instanceof StoreError)) throw error;
      this.#failed(error);
      return otherwise;
    };
    try {
      const answer = run(store, this.#parts.now());
      return answer instanceof Promise ? answer.catch(failed) : answer;
    } catch (error) {
      return failed(error);
    }
  }
}

/** Asks both parts of the cache, whatever becomes of either. Rejects for a fault of ours only. */
async function eachPart<A, S>(parts: {
  readonly answers: () => Promise<A>;
  readonly semantic: () => Promise<S>;
}): Promise<{
  readonly answers?: A | undefined;
  readonly semantic?: S | undefined;
  readonly failed: FailedParts | null;
}> {
  const [answers, semantic] = await Promise.allSettled([parts.answers(), parts.semantic()]);
  const failed: { -readonly [Part in keyof FailedParts]: string } = {};
  for (const [part, outcome] of Object.entries({ answers, semantic })) {
    if (outcome.status === "fulfilled") continue;
    if (!(outcome.reason instanceof StoreError)) throw outcome.reason;
    failed[part as keyof FailedParts] = outcome.reason.message;
  }
  return {
    answers: answers.status === "fulfilled" ? answers.value : undefined,
    semantic: semantic.status === "fulfilled" ? semantic.value : undefined,
    failed: Object.keys(failed).length === 0 ? null : failed,
  };
}

/** The cache of a gateway. */
export function answerCacheOf(core: () => Core, meters: CacheMeters): AnswerCache {
  const now = (): number => core().clock.now();
  let nextToldMs = Number.NEGATIVE_INFINITY;
  return new AnswerCache({
    ...{ meters, now, monotonic: () => core().clock.monotonic() },
    configuration: () => core().snapshot.configuration,
    failed: (err) => core().logger.error({ err }, "the store of kept answers failed"),
    meaning: new MeaningIndex({
      ...{ core, meters },
      failed(err) {
        // Each lookup fails alike while a server is down: all are counted, one a second is told.
        const atMs = core().clock.monotonic();
        if (atMs < nextToldMs) return;
        nextToldMs = atMs + 1_000;
        core().logger.error({ err }, "kept answers were not looked for by meaning, or not kept so");
      },
      isOff(why) {
        const { logger } = core();
        if (why === null) logger.info("answers are found by meaning again");
        else
          logger.warn(`answers are not found by meaning, only by equal requests: ${why.message}`);
      },
    }),
  });
}

/** Opens the cache at the start; a store that cannot be used is the operator's to mend. */
export async function openCache({ cache }: Core): Promise<void> {
  try {
    await cache.begin();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new StartError(cause.message, { cause });
  }
}
