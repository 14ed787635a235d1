import { loadLanguages } from "../../meaning/language.ts";
import { lieTogether, sayTheSame } from "./agreeing-answers.ts";
import { inBytes } from "./choose-candidate.ts";
import {
  isNowhere,
  partitionOf,
  type SemanticFinding,
  type SemanticHit,
  SemanticJudge,
  type Wanted,
} from "./semantic-judge.ts";
import type { SemanticEntry, SemanticStore } from "./semantic-store.ts";

/** Whose request a text is placed for, as the ledger names it. */
export interface Payer {
  /** The request's id. */
  readonly id: string;
  readonly policy: string;
  readonly rule: string;
  /** The client key's name; "" for none. */
  readonly key: string;
}

/** For whom a text is placed. */
export interface Placing {
  readonly payer: Payer;
  /** Aborted where nobody waits any more: with a `TooLate` where that is for the time it takes. Absent for what has time. */
  readonly signal?: AbortSignal;
}

/** Why a text is not waited for any longer: its place would come too late. */
export class TooLate extends Error {}

/** Places texts by meaning: the table that the package brings, or a model behind an endpoint. */
export interface TextEmbedder {
  /** Tells vectors that cannot be compared apart: the table, or the endpoint's model and its weights. */
  readonly hash: string;
  /** A vector of length 1; all zeros where the text holds nothing that is known. Rejects where a model cannot be asked. */
  embed(text: string, placing: Placing): Float32Array | Promise<Float32Array>;
}

export interface SemanticAsk extends Wanted {
  /** The key of the request with its prompt taken out. */
  readonly partition: string;
  /** Answers that were kept before are too old, in epoch milliseconds; absent for none. */
  readonly since?: number;
  readonly placing: Placing;
}

/** A prompt that is to be found, and whose it is. */
export interface KeptPrompt extends Omit<SemanticEntry, "answer"> {
  readonly payer: Payer;
}

/** What was kept, and what the model says now. */
export interface ReaskedAnswers {
  readonly kept: string;
  readonly fresh: string;
  readonly payer: Payer;
}

/** What asking anew told. */
export interface Reasked {
  /** Whether the kept answer would have done. */
  readonly agreed: boolean;
  /** How many lookups like it were, or will be, given the kept answer without being asked anew. */
  readonly standsFor: number;
}

export interface SemanticCacheParts {
  readonly store: SemanticStore;
  readonly embedder: TextEmbedder;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * Finds kept answers by the meaning of what was asked. Everything but the prompt is in the partition; what the guards see in the two
 * prompts must agree; `within` re-asks as often as its bound needs. Rejects with what the store or the embedder rejects with.
 */
export class SemanticCache {
  readonly #parts: SemanticCacheParts;
  readonly #judge: SemanticJudge;

  constructor(parts: SemanticCacheParts) {
    this.#parts = parts;
    this.#judge = new SemanticJudge(parts.random);
  }

  async find(ask: SemanticAsk, atMs: number): Promise<SemanticFinding> {
    const { store, embedder } = this.#parts;
    const vector = await embedder.embed(ask.prompt, ask.placing);
    if (isNowhere(vector)) return { kind: "none", why: "far" };
    // The guards ask for the language of texts.
    await loadLanguages();
    const partition = partitionOf(embedder.hash, vector, ask.partition);
    const candidates = await store.nearest(partition, vector, atMs, ask.since);
    return this.#judge.finding(ask, candidates);
  }

  /** Makes a kept answer findable by its prompt. */
  async keep({ payer, ...entry }: KeptPrompt, answer: string | null, atMs: number): Promise<void> {
    const { store, embedder } = this.#parts;
    const vector = await embedder.embed(entry.prompt, { payer });
    if (isNowhere(vector)) return;
    const place = answer === null ? null : await embedder.embed(answer, { payer });
    const partition = partitionOf(embedder.hash, vector, entry.partition);
    // Of an answer without a known word nothing is known, and it contradicts none.
    const bytes = place === null || isNowhere(place) ? null : inBytes(place);
    await store.put({ ...entry, partition, answer: bytes }, vector, atMs);
  }

  /** Takes in what the model said to a prompt that was asked anew. */
  async reasked(hit: SemanticHit, { kept, fresh, payer }: ReaskedAnswers): Promise<Reasked> {
    const agreed = await this.#agree(kept, fresh, payer);
    await this.#parts.store.observe(hit.key, this.#judge.learn(hit, agreed));
    // Doubtful ones are asked anew the most and given the least: each counts by how often it would have been given.
    return { agreed, standsFor: (1 - hit.share) / hit.share };
  }

  /** Whether two answers say the same: models put the same thing in other words each time, so long ones are compared by meaning. */
  async #agree(a: string, b: string, payer: Payer): Promise<boolean> {
    await loadLanguages();
    const byWords = sayTheSame(a, b);
    if (byWords !== null) return byWords;
    const { embedder } = this.#parts;
    const [atA, atB] = [await embedder.embed(a, { payer }), await embedder.embed(b, { payer })];
    return lieTogether(atA, atB);
  }
}
