import { readShippedEmbedding } from "../files/read-intent-model.ts";
import { loadLanguages } from "../meaning/language.ts";
import type { AnswerEvent } from "../protocol/answer-event.ts";
import type { CacheEntry } from "../runtime/cache/cache-store.ts";
import {
  type EmbeddingsEndpoint,
  embeddingsEndpoint,
} from "../runtime/providers/embeddings-endpoint.ts";
import { endpointEmbedder } from "../runtime/semantic/endpoint-embedder.ts";
import {
  SemanticCache,
  type SemanticFinding,
  type SemanticHit,
  type TextEmbedder,
} from "../runtime/semantic/semantic-cache.ts";
import {
  type SemanticEntry,
  type SemanticPurge,
  type SemanticStore,
  semanticFits,
} from "../runtime/semantic/semantic-store.ts";
import { StoreError } from "../runtime/store/sqlite.ts";
import type { CacheMeters } from "../runtime/telemetry/cache-meters.ts";
import { createFetcher, type Fetcher } from "../runtime/transport/bounded-fetch.ts";
import { wordsOfAnswer } from "./answer-words.ts";
import type { Snapshot } from "./snapshot.ts";
import type { ActiveTarget } from "./target-table.ts";

export interface MeaningIndexParts {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly meters: CacheMeters;
  readonly snapshot: () => Snapshot;
  /** What tells the weights behind a target from others; null where nobody says. */
  readonly weightsOf: (target: string) => string | null;
  /** Told of each lookup or keeping that failed. */
  readonly failed: (error: unknown) => void;
  /** Told why nothing is found by meaning, where the store cannot do it. */
  readonly isOff: (why: StoreError) => void;
}

/** What a request is looked for by, where another one may have asked the same in other words. */
export interface Meaning {
  readonly seeker: Seeker;
  readonly prompt: string;
  /** The key of the request without its prompt, and of the weights that place it. */
  readonly partition: string;
  readonly tenant: string;
  readonly above: number;
  readonly within: number | null;
}

/** Finds prompts by the embeddings of one configuration. */
export interface Seeker {
  readonly cache: SemanticCache;
  /** The weights behind the model that places prompts, where its server tells them; else empty. */
  readonly placedBy: string;
}

/** Prompts that are being kept at once; beyond, answers are found by equal requests alone. */
const mostUnderWay = 256;
/** A lookup does not wait so long, but what is kept may: 4,000 letters take a small machine a while. */
const embeddingLimits = { timeoutMs: 10_000, maxBytes: 1_048_576 };
/** Connections to the server of the embeddings. */
const mostConnections = 16;
/** A server that does not answer in time would hold up requests that it is to make faster. */
const redisTimeoutMs = 250;

/** A prompt on its way into the store. */
interface UnderWay {
  readonly entry: Pick<SemanticEntry, "key" | "tenant" | "target" | "tags">;
  /** Whether it was purged while it was on its way. */
  isForgotten: boolean;
  isOver: Promise<void> | null;
}

/**
 * Finds kept answers by the meaning of what was asked: an index of prompts beside the store of answers. It is opened when a policy first
 * asks for it. Whatever fails in it, requests go on without.
 */
export class MeaningIndex {
  readonly #parts: MeaningIndexParts;
  readonly #fetcher: Fetcher = createFetcher(mostConnections);
  /** By the target that places prompts, and by `#parts` for the table. */
  readonly #seekers = new WeakMap<object, SemanticCache>();
  readonly #underWay = new Set<UnderWay>();
  readonly #lookups = new Map<string, number>();
  readonly #reasked = { agreed: 0, disagreed: 0 };
  /** Of the answers given those that re-asks let expect to be right, and wrong. */
  readonly #expected = { right: 0, wrong: 0 };
  #kept = 0;
  #opening: Promise<void> | null = null;
  #store: SemanticStore | null = null;
  #isClosed = false;

  constructor(parts: MeaningIndexParts) {
    this.#parts = parts;
  }

  /**
   * Opens the store where a policy in force asks for it and none has before. Rejects with a StoreError where a file cannot be used; a
   * Redis server that cannot look vectors up is told, and nothing is found then.
   */
  async begin(): Promise<void> {
    const asked = [...this.#parts.snapshot().policies.values()];
    if (!asked.some(({ seeksMeaning }) => seeksMeaning)) return;
    this.#opening ??= this.#open();
    await this.#opening;
  }

  /** The same, after a reload: what cannot be opened is told, and nothing is found then. */
  follow(): void {
    this.begin().catch((error: unknown) => this.#parts.failed(error));
  }

  /** By which embeddings a request of a snapshot is looked for; null where it cannot be at present. */
  seekerOf({ configuration, targets }: Snapshot): Seeker | null {
    const store = this.#store;
    if (store === null) return null;
    const { embeddings } = configuration.cache;
    const active = embeddings === null ? null : targets.get(embeddings);
    if (active === undefined) return null;
    // A stand-in's vectors mean nothing.
    if (active === null || active.standIn) {
      const cache = this.#seekerBy(this.#parts, store, () => readShippedEmbedding().embedder);
      return { cache, placedBy: "" };
    }
    const endpoint = embeddingsEndpoint(active.provider);
    if (endpoint === null) return null;
    const cache = this.#seekerBy(active, store, () => this.#embedderAt(active, endpoint));
    return { cache, placedBy: this.#parts.weightsOf(active.target.name) ?? "" };
  }

  /** Looks a prompt up among those kept since then. Never rejects: what fails finds nothing. */
  async find(meaning: Meaning, since: number): Promise<SemanticFinding | null> {
    try {
      const finding = await meaning.seeker.cache.find({ ...meaning, since }, this.#parts.now());
      if (finding.kind === "none") this.lookedUp(finding.why);
      return finding;
    } catch (error) {
      this.lookedUp("failed");
      this.#failed(error);
      return null;
    }
  }

  /** Makes a kept answer findable by its prompt, beside the request. Never throws. */
  keep(meaning: Meaning, entry: CacheEntry, events: readonly AnswerEvent[]): void {
    if (this.#store === null || this.#underWay.size >= mostUnderWay) {
      this.#parts.meters.promptKept("too-busy");
      return;
    }
    const way: UnderWay = { entry, isForgotten: false, isOver: null };
    this.#underWay.add(way);
    way.isOver = this.#keep(meaning, entry, { way, events }).finally(() =>
      this.#underWay.delete(way),
    );
  }

  /** Takes in what the model said to a prompt for which an answer had been found. Never throws. */
  reasked({ seeker }: Meaning, hit: SemanticHit, kept: string, fresh: string): void {
    seeker.cache.reasked(hit, kept, fresh).then(
      ({ agreed, standsFor }) => {
        this.#reasked[agreed ? "agreed" : "disagreed"] += 1;
        this.#expected[agreed ? "right" : "wrong"] += standsFor;
        this.#parts.meters.reasked(agreed, standsFor);
      },
      (error: unknown) => this.#failed(error),
    );
  }

  /** Forgets a prompt whose answer is no longer kept. */
  forget(key: string): void {
    this.#store?.purge({ key }).catch((error: unknown) => this.#failed(error));
  }

  /** Forgets prompts, those under way too. Rejects with a StoreError. */
  async purge(order: SemanticPurge): Promise<void> {
    for (const way of this.#underWay) if (semanticFits(way.entry, order)) way.isForgotten = true;
    await this.#store?.purge(order);
  }

  /** Counts what became of a lookup. */
  lookedUp(result: string): void {
    this.#lookups.set(result, (this.#lookups.get(result) ?? 0) + 1);
    this.#parts.meters.lookedUp(result);
  }

  /** What an operator is shown; null where no policy asks for it, or it is off. Rejects with a StoreError. */
  async report(): Promise<object | null> {
    if (this.#store === null) return null;
    const { right, wrong } = this.#expected;
    const { embeddings, mostPrompts } = this.#parts.snapshot().configuration.cache;
    return {
      ...{ embeddings, ...(await this.#store.sizes(this.#parts.now())), mostPrompts },
      ...{ lookups: Object.fromEntries(this.#lookups), kept: this.#kept },
      reasked: { ...this.#reasked },
      falseHitRate: right + wrong === 0 ? null : wrong / (right + wrong),
    };
  }

  /** What is asked of a server is given up, what the table places is kept. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#fetcher.close();
    await Promise.all([...this.#underWay].map(({ isOver }) => isOver));
    await this.#opening?.catch(() => undefined);
    const store = this.#store;
    this.#store = null;
    await store?.close();
  }

  async #open(): Promise<void> {
    const { cache, redis } = this.#parts.snapshot().configuration;
    const { path, mostBytes, mostPrompts: mostEntries } = cache;
    const bounds = { mostEntries, mostBytes };
    // Read now, rather than in the middle of somebody's stream.
    if (cache.embeddings === null) readShippedEmbedding();
    await loadLanguages();
    if (cache.store === "redis" && redis?.url.kind === "value") {
      const { openRedisSemanticStore } = await import("../runtime/store/redis-semantic-store.ts");
      const { url, prefix } = redis;
      const { failed } = this.#parts;
      try {
        this.#store = await openRedisSemanticStore({
          ...{ url: url.value, prefix, failed, timeoutMs: redisTimeoutMs, ...bounds },
        });
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#parts.isOff(error);
      }
    } else {
      const { openEmbeddedSemanticStore } = await import(
        "../runtime/store/embedded-semantic-store.ts"
      );
      this.#store = await openEmbeddedSemanticStore({
        ...{ path: cache.store === "file" ? `${path}.prompts` : null, ...bounds },
      });
    }
    if (this.#isClosed) await this.#store?.close();
  }

  #seekerBy(place: object, store: SemanticStore, make: () => TextEmbedder): SemanticCache {
    let seeker = this.#seekers.get(place);
    if (seeker === undefined) {
      seeker = new SemanticCache({ store, embedder: make(), random: Math.random });
      this.#seekers.set(place, seeker);
    }
    return seeker;
  }

  #failed(error: unknown): void {
    if (!this.#isClosed) this.#parts.failed(error);
  }

  #embedderAt({ provider, target }: ActiveTarget, endpoint: EmbeddingsEndpoint): TextEmbedder {
    const { authorities } = provider;
    return endpointEmbedder({
      fetch: this.#fetcher.fetch,
      limits: embeddingLimits,
      endpoint: {
        ...{ ...endpoint, model: target.model },
        ...(authorities === undefined ? {} : { authorities }),
      },
    });
  }

  async #keep(
    { seeker, partition, prompt }: Meaning,
    { key, tenant, target, tags, storedAtMs, expiresAtMs }: CacheEntry,
    { way, events }: { readonly way: UnderWay; readonly events: readonly AnswerEvent[] },
  ): Promise<void> {
    const { meters, now } = this.#parts;
    try {
      // What is asked of the embedding waits till the request's own work is done.
      await new Promise((done) => setImmediate(done));
      const entry = { key, tenant, target, tags, storedAtMs, expiresAtMs, partition, prompt };
      await seeker.cache.keep(entry, wordsOfAnswer(events), now());
      if (way.isForgotten) await this.#store?.purge({ key });
      this.#kept += 1;
      meters.promptKept("kept");
    } catch (error) {
      meters.promptKept("failed");
      this.#failed(error);
    }
  }
}
