import { readShippedEmbedding } from "../../files/read-intent-model.ts";
import type { Embedder } from "../../meaning/embedding.ts";
import { lieTogether, sayTheSame } from "../../runtime/semantic/agreeing-answers.ts";
import { inBytes } from "../../runtime/semantic/choose-candidate.ts";
import { NearIndex } from "../../runtime/semantic/near-index.ts";
import {
  isNowhere,
  partitionOf,
  type SemanticFinding,
  type SemanticHit,
  SemanticJudge,
  type Wanted,
} from "../../runtime/semantic/semantic-judge.ts";
import type { SemanticBounds, SemanticEntry } from "../../runtime/semantic/semantic-store.ts";

/** By what the answer to a like prompt is found. */
export interface AskedMeaning extends Wanted {
  /** The key of the request without its prompt. */
  readonly partition: string;
}

/** An answer that is to be found, and what it says; null where that is not known. */
export type Findable = Omit<SemanticEntry, "partition" | "prompt" | "answer"> & {
  readonly words: string | null;
};

const none: SemanticFinding = { kind: "none", why: "far" };

/**
 * Finds kept answers by the meaning of what was asked: the gateway's index, guards and learned thresholds, by the table that the package
 * brings. Languages must be loaded.
 */
export class KeptPrompts {
  readonly #index: NearIndex;
  readonly #judge: SemanticJudge;
  #embedder: Embedder | null = null;
  #next = 1;

  /** `random` is uniform in [0, 1). */
  constructor(bounds: SemanticBounds, random: () => number) {
    this.#index = new NearIndex({ ...bounds, forgotten() {} });
    this.#judge = new SemanticJudge(random);
  }

  /** Looks for a like prompt among those kept since a time, in epoch milliseconds. */
  find(asked: AskedMeaning, sinceMs: number, atMs: number): SemanticFinding {
    const { partition, vector } = this.#placeOf(asked);
    if (isNowhere(vector)) return none;
    return this.#judge.finding(asked, this.#index.nearest(partition, vector, atMs, sinceMs));
  }

  /** Makes a kept answer findable by its prompt. Of answers without words nothing is known, and they contradict none. */
  keep(asked: AskedMeaning, answer: Findable, atMs: number): void {
    const { partition, vector } = this.#placeOf(asked);
    if (isNowhere(vector)) return;
    const { key, tenant, target, tags, storedAtMs, expiresAtMs, words } = answer;
    const place = words === null ? null : this.#embed(words);
    const entry = {
      ...{ key, tenant, target, tags, storedAtMs, expiresAtMs, partition, prompt: asked.prompt },
      answer: place === null || isNowhere(place) ? null : inBytes(place),
    };
    this.#index.put({ id: this.#next, entry, vector }, atMs);
    this.#next += 1;
  }

  /** A model was asked although an answer was found. */
  reasked(hit: SemanticHit, agreed: boolean): void {
    this.#index.observe(hit.key, this.#judge.learn(hit, agreed));
  }

  /** Whether two answers say the same, as the gateway compares them. */
  agree(one: string, other: string): boolean {
    return sayTheSame(one, other) ?? lieTogether(this.#embed(one), this.#embed(other));
  }

  /** Forgets a prompt whose answer is no longer kept. */
  forget(key: string): void {
    this.#index.purge({ key });
  }

  #placeOf({ partition, prompt }: AskedMeaning): {
    readonly partition: string;
    readonly vector: Float32Array;
  } {
    const vector = this.#embed(prompt);
    return { partition: partitionOf(this.#table.hash, vector, partition), vector };
  }

  #embed(text: string): Float32Array {
    return this.#table.embed(text);
  }

  get #table(): Embedder {
    this.#embedder ??= readShippedEmbedding().embedder;
    return this.#embedder;
  }
}
