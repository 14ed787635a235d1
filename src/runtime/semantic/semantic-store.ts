/** A prompt whose answer is kept, as the store of prompts knows it. */
export interface SemanticEntry {
  /** The key of the kept answer. */
  readonly key: string;
  /** All that an answer depends on but the prompt: entries of other partitions are never found. */
  readonly partition: string;
  readonly tenant: string;
  readonly target: string;
  readonly tags: readonly string[];
  readonly prompt: string;
  /** Epoch milliseconds. */
  readonly storedAtMs: number;
  /** From when on it is not found any more, in epoch milliseconds. */
  readonly expiresAtMs: number;
  /** The place of the kept answer, in steps of 1/127 of its largest coordinate; null where it is not known. */
  readonly answer: Int8Array | null;
}

/** What re-asking an entry told: the similarity of the prompt, positive where the answers agreed and negative where not. */
export type Observation = number;

/** An entry near a prompt. */
export interface Candidate {
  readonly key: string;
  readonly prompt: string;
  /** Cosine, at most 1. */
  readonly similarity: number;
  readonly storedAtMs: number;
  readonly answer: Int8Array | null;
  readonly observations: readonly Observation[];
}

/** Entries to be forgotten: those that all of what is named fits; an order that names nothing fits all. */
export interface SemanticPurge {
  readonly key?: string;
  readonly tenant?: string;
  readonly target?: string;
  readonly tag?: string;
}

export interface SemanticBounds {
  readonly mostEntries: number;
  readonly mostBytes: number;
}

export interface SemanticSizes {
  readonly entries: number;
  readonly bytes: number;
}

/** So many entries are looked at for a prompt: a nearer one may be refused by a guard. */
export const candidatesAtMost = 8;

/** So many observations of an entry are kept, the latest. */
export const observationsAtMost = 64;

const overheadBytes = 512;

/** What an entry counts for, in bytes. */
export function semanticBytesOf(entry: SemanticEntry, dimension: number): number {
  const { key, partition, tenant, target, tags, prompt, answer } = entry;
  let letters = key.length + partition.length + tenant.length + target.length + prompt.length;
  for (const tag of tags) letters += tag.length;
  return overheadBytes + 2 * letters + 4 * dimension + (answer?.length ?? 0);
}

/** Whether an entry is one of those to be forgotten. */
export function semanticFits(
  entry: Pick<SemanticEntry, "key" | "tenant" | "target" | "tags">,
  order: SemanticPurge,
): boolean {
  return (
    (order.key === undefined || order.key === entry.key) &&
    (order.tenant === undefined || order.tenant === entry.tenant) &&
    (order.target === undefined || order.target === entry.target) &&
    (order.tag === undefined || entry.tags.includes(order.tag))
  );
}

/**
 * Where the prompts of kept answers are found by meaning. A vector is of length 1, and all of a partition have one dimension. Within
 * its bounds at rest: the oldest entries make room. What is put is found soon, not at once; what is forgotten is not found again.
 * A store that cannot be read or written makes each of these reject with a StoreError.
 */
export interface SemanticStore {
  /** Resolves to why, when it has ended by itself and is of no use any more; absent where it mends itself. */
  readonly lost?: Promise<Error>;
  /**
   * The nearest entries of a partition that have not expired, and were stored at `sinceMs` or later where that is told; the nearest first,
   * at most `candidatesAtMost`.
   */
  nearest(
    partition: string,
    vector: Float32Array,
    atMs: number,
    sinceMs?: number,
  ): Promise<readonly Candidate[]>;
  /** Keeps an entry in the place of the one with its key. */
  put(entry: SemanticEntry, vector: Float32Array, atMs: number): Promise<void>;
  /** Adds to what re-asking an entry told; nothing where it is gone. */
  observe(key: string, observation: Observation): Promise<void>;
  /** Forgets entries; resolves to how many. */
  purge(order: SemanticPurge): Promise<number>;
  sizes(atMs: number): Promise<SemanticSizes>;
  close(): Promise<void>;
}
