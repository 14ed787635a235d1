import { readShippedEmbedding } from "../files/read-intent-model.ts";
import { loadLanguages } from "../meaning/language.ts";
import type { AnswerEvent } from "../protocol/answer-event.ts";
import type { CacheEntry } from "../runtime/cache/cache-store.ts";
import type { Alarm } from "../runtime/dispatch/world.ts";
import type { Payer, SemanticCache } from "../runtime/semantic/semantic-cache.ts";
import type { SemanticFinding, SemanticHit } from "../runtime/semantic/semantic-judge.ts";
import {
  type SemanticEntry,
  type SemanticPurge,
  type SemanticStore,
  semanticFits,
} from "../runtime/semantic/semantic-store.ts";
import { LastingSemanticStore, UnableStore } from "../runtime/store/lasting-semantic-store.ts";
import { StoreError } from "../runtime/store/sqlite.ts";
import type { CacheMeters } from "../runtime/telemetry/cache-meters.ts";
import { wordsOfAnswer } from "./answer-words.ts";
import type { Core } from "./core.ts";
import { Seekers } from "./seekers.ts";
import type { Snapshot } from "./snapshot.ts";

export interface MeaningIndexParts {
  readonly core: () => Core;
  readonly meters: CacheMeters;
  /** Told of each lookup or keeping that failed. */
  readonly failed: (error: unknown) => void;
  /** Told why nothing is found by meaning, where the store cannot be used at present; null when it can again. */
  readonly isOff: (why: StoreError | null) => void;
}

/** What a request is looked for by, where another one may have asked the same in other words. */
export interface Meaning {
  readonly seeker: SemanticCache;
  readonly prompt: string;
  /** The key of the request without its prompt. */
  readonly partition: string;
  readonly tenant: string;
  readonly above: number;
  readonly within: number | null;
  readonly payer: Payer;
}

/** Prompts that are being kept at once; beyond, answers are found by equal requests alone. */
const mostUnderWay = 256;
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
  readonly #store: LastingSemanticStore;
  readonly #seekers: Seekers;
  readonly #underWay = new Set<UnderWay>();
  readonly #lookups = new Map<string, number>();
  readonly #reasked = { agreed: 0, disagreed: 0 };
  /** Of the answers given those that re-asks let expect to be right, and wrong. */
  readonly #expected = { right: 0, wrong: 0 };
  #kept = 0;
  #isBegun = false;
  #isStopping = false;

  constructor(parts: MeaningIndexParts) {
    this.#parts = parts;
    const { core, isOff } = parts;
    this.#store = new LastingSemanticStore({
      open: () => this.#open(),
      now: () => core().world.now(),
      random: Math.random,
      createAlarm(ring) {
        // The world comes after what asks it.
        let alarm: Alarm | null = null;
        return {
          set(atMs) {
            alarm ??= core().world.createAlarm(ring);
            alarm.set(atMs);
          },
          clear: () => alarm?.clear(),
        };
      },
      changed: isOff,
      failed: (error) => this.#failed(error),
    });
    this.#seekers = new Seekers({ core, store: this.#store });
  }

  /**
   * Opens the store where a policy in force asks for it and none has before. Rejects with a StoreError where a file cannot be used; of a
   * Redis server it is only told. Either is tried again later.
   */
  async begin(): Promise<void> {
    const { snapshot } = this.#parts.core();
    if (![...snapshot.policies.values()].some(({ seeksMeaning }) => seeksMeaning)) return;
    this.#isBegun = true;
    const isElsewhere = snapshot.configuration.cache.store === "redis";
    await this.#store.begin().catch((error: unknown) => {
      if (!isElsewhere || !(error instanceof StoreError)) throw error;
    });
  }

  /** The same, after a reload: what cannot be opened is told, and nothing is found then. */
  follow(): void {
    this.begin().catch((error: unknown) => {
      // The others are told by the store.
      if (!(error instanceof StoreError)) this.#failed(error);
    });
  }

  /** By which embeddings a request of a snapshot is looked for; null where it cannot be at present. */
  seekerOf(snapshot: Snapshot): SemanticCache | null {
    if (!this.#store.isOpen) return null;
    const seeker = this.#seekers.of(snapshot);
    if (typeof seeker !== "string") return seeker;
    if (seeker === "unhealthy") this.lookedUp(seeker);
    return null;
  }

  /** Looks a prompt up among those kept since then, as long as somebody waits. Never rejects: what fails finds nothing. */
  async find(
    meaning: Meaning,
    since: number,
    signal: AbortSignal,
  ): Promise<SemanticFinding | null> {
    const placing = { payer: meaning.payer, signal };
    try {
      const finding = await meaning.seeker.find({ ...meaning, since, placing }, this.#nowMs);
      if (finding.kind === "none") this.lookedUp(finding.why);
      return finding;
    } catch (error) {
      if (signal.aborted) return null;
      this.lookedUp("failed");
      this.#failed(error);
      return null;
    }
  }

  /** Makes a kept answer findable by its prompt, beside the request. Never throws. */
  keep(meaning: Meaning, entry: CacheEntry, events: readonly AnswerEvent[]): void {
    if (!this.#store.isOpen || this.#underWay.size >= mostUnderWay) {
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
  reasked({ seeker, payer }: Meaning, hit: SemanticHit, kept: string, fresh: string): void {
    seeker.reasked(hit, { kept, fresh, payer }).then(
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
    this.#store.purge({ key }).catch((error: unknown) => this.#failed(error));
  }

  /** Forgets prompts, those under way too. Rejects with a StoreError, also where they cannot be reached at present. */
  async purge(order: SemanticPurge): Promise<void> {
    for (const way of this.#underWay) if (semanticFits(way.entry, order)) way.isForgotten = true;
    if (this.#isBegun) await this.#store.purge(order);
  }

  /** Counts what became of a lookup. */
  lookedUp(result: string): void {
    this.#lookups.set(result, (this.#lookups.get(result) ?? 0) + 1);
    this.#parts.meters.lookedUp(result);
  }

  /** What an operator is shown; null where no policy asks for it, or its store can do no such thing. Rejects with a StoreError. */
  async report(): Promise<object | null> {
    if (!this.#isBegun || this.#store.why instanceof UnableStore) return null;
    const { right, wrong } = this.#expected;
    const { embeddings, mostPrompts } = this.#parts.core().snapshot.configuration.cache;
    return {
      ...{ embeddings, ...(await this.#store.sizes(this.#nowMs)), mostPrompts },
      ...{ lookups: Object.fromEntries(this.#lookups), kept: this.#kept },
      reasked: { ...this.#reasked },
      falseHitRate: right + wrong === 0 ? null : wrong / (right + wrong),
    };
  }

  /** What is asked of a server is given up. */
  stop(): void {
    this.#isStopping = true;
    this.#seekers.close().catch((error: unknown) => this.#parts.failed(error));
  }

  /** What the table places is kept. */
  async close(): Promise<void> {
    this.stop();
    await this.#seekers.close();
    await Promise.all([...this.#underWay].map(({ isOver }) => isOver));
    await this.#store.close();
  }

  async #open(): Promise<SemanticStore> {
    const { cache, redis } = this.#parts.core().snapshot.configuration;
    const { path, mostBytes, mostPrompts: mostEntries } = cache;
    const bounds = { mostEntries, mostBytes };
    // Read now, rather than in the middle of somebody's stream.
    if (cache.embeddings === null) readShippedEmbedding();
    await loadLanguages();
    if (cache.store === "redis" && redis?.url.kind === "value") {
      const { openRedisSemanticStore } = await import("../runtime/store/redis-semantic-store.ts");
      const { url, prefix } = redis;
      const { failed } = this.#parts;
      return await openRedisSemanticStore({
        ...{ url: url.value, prefix, failed, timeoutMs: redisTimeoutMs, ...bounds },
      });
    }
    const { openEmbeddedSemanticStore } = await import(
      "../runtime/store/embedded-semantic-store.ts"
    );
    return await openEmbeddedSemanticStore({
      ...{ path: cache.store === "file" ? `${path}.prompts` : null, ...bounds },
    });
  }

  get #nowMs(): number {
    return this.#parts.core().clock.now();
  }

  #failed(error: unknown): void {
    if (!this.#isStopping) this.#parts.failed(error);
  }

  async #keep(
    { seeker, partition, prompt, payer }: Meaning,
    { key, tenant, target, tags, storedAtMs, expiresAtMs }: CacheEntry,
    { way, events }: { readonly way: UnderWay; readonly events: readonly AnswerEvent[] },
  ): Promise<void> {
    const { meters } = this.#parts;
    try {
      // What is asked of the embedding waits till the request's own work is done.
      await new Promise((done) => setImmediate(done));
      const entry = { key, tenant, target, tags, storedAtMs, expiresAtMs, partition, prompt };
      await seeker.keep({ ...entry, payer }, wordsOfAnswer(events), this.#nowMs);
      if (way.isForgotten) await this.#store.purge({ key });
      this.#kept += 1;
      meters.promptKept("kept");
    } catch (error) {
      meters.promptKept("failed");
      this.#failed(error);
    }
  }
}
