import { createHash } from "node:crypto";
import { chooseCandidate, type WhyNot } from "./choose-candidate.ts";
import { LearnedThreshold } from "./learned-threshold.ts";
import type { Candidate, Observation } from "./semantic-store.ts";

/** A prompt, and how near another one must be to it. */
export interface Wanted {
  /** Learned thresholds are not shared between tenants. */
  readonly tenant: string;
  readonly prompt: string;
  /** The least similarity, above 0 and at most 1. */
  readonly above: number;
  /** The share of wrong answers that is accepted; null where only the similarity counts. */
  readonly within: number | null;
}

/** A kept answer that was found for a prompt. */
export interface SemanticHit {
  readonly tenant: string;
  readonly key: string;
  readonly similarity: number;
  readonly storedAtMs: number;
  readonly observations: readonly Observation[];
  /** The share of lookups like this one that are asked anew. */
  readonly share: number;
}

/** `reask`: an answer was found, but this time the model is asked as well, and the judge told what it says. */
export type SemanticFinding =
  | { readonly kind: "none"; readonly why: WhyNot }
  | { readonly kind: "hit" | "reask"; readonly hit: SemanticHit };

/** Of so many tenants the learned thresholds are kept, those last heard of. */
const mostTenants = 100;

/** Says which of the prompts near to one asks the same, and how often a model is asked all the same. Synchronous; languages must be loaded. */
export class SemanticJudge {
  /** In [0, 1). */
  readonly #random: () => number;
  readonly #learned = new Map<string, LearnedThreshold>();

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Candidates come nearest first. */
  finding(
    { tenant, prompt, above, within }: Wanted,
    candidates: readonly Candidate[],
  ): SemanticFinding {
    const choice = chooseCandidate(prompt, candidates, above);
    if (choice.kind === "none") return choice;
    const { key, similarity, storedAtMs, observations } = choice.candidate;
    const share =
      within === null ? 0 : this.#of(tenant).reaskShare(key, observations, similarity, within);
    const hit = { tenant, key, similarity, storedAtMs, observations, share };
    return { kind: this.#random() < share ? "reask" : "hit", hit };
  }

  /** Takes in whether the answer of a hit would have done; what is to be remembered of it with its entry. */
  learn({ tenant, key, similarity, observations }: SemanticHit, agreed: boolean): Observation {
    const observation = agreed ? similarity : -similarity;
    this.#of(tenant).learn(key, [...observations, observation]);
    return observation;
  }

  #of(tenant: string): LearnedThreshold {
    const learned = this.#learned.get(tenant) ?? new LearnedThreshold();
    this.#learned.delete(tenant);
    this.#learned.set(tenant, learned);
    for (const oldest of this.#learned.keys()) {
      if (this.#learned.size <= mostTenants) break;
      this.#learned.delete(oldest);
    }
    return learned;
  }
}

/**
 * Where a vector lies: those of different embeddings do not meet. `hash` tells the embedding; a model behind an endpoint may be changed under
 * its name, and tell only its dimension.
 */
export function partitionOf(hash: string, vector: Float32Array, partition: string): string {
  return createHash("sha256").update(`${hash}\n${vector.length}\n${partition}`).digest("hex");
}

/** Whether a text holds nothing that its embedding knows. */
export function isNowhere(vector: Float32Array): boolean {
  return vector.every((value) => value === 0);
}
