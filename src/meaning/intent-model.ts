import type { Embedder } from "./embedding.ts";
import { headAndTail } from "./head-and-tail.ts";
import { floatsOf, type PackedFile, unpackFile } from "./packed-file.ts";
import { createFeatureHasher, hasWord, isBucketCount } from "./text-features.ts";

/** The intent of a text that fits none. */
export const otherIntent = "other";

/** Kind and version of the file of an intent model. */
export const intentModelFormat = { kind: "intents", version: 1 } as const;

const mostLabels = 1_000;

/** What a model says of a text. */
export interface IntentGuess {
  /** A label of the model's, or `other` where no label is likely enough. */
  readonly intent: string;
  /** Whether a label was likely enough; `other` may be a label too. */
  readonly isLabel: boolean;
  /** Calibrated probability from 0 to 1 that the intent is right; for `other`, that no label is the text's. */
  readonly confidence: number;
}

/** A trained model of intents. */
export interface IntentModel {
  /** 16 hex digits that stand for the file's content. */
  readonly hash: string;
  /** Sorted; `other` stands among them only if texts were labelled so. */
  readonly labels: readonly string[];
  /** Below this probability a text is `other`. */
  readonly threshold: number;
  /** The embedding that it was trained beside; null for none. */
  readonly embedder: Embedder | null;
  /** Whether it was trained to stand behind the shipped clues, for what they cannot tell. */
  readonly besideClues: boolean;
  guess(prompt: string): IntentGuess;
  /** Calibrated probabilities in the order of the labels; overwritten by the next text. */
  probabilities(prompt: string): Float64Array;
}

export type ReadIntentModel =
  | { readonly ok: true; readonly model: IntentModel }
  | { readonly ok: false; readonly message: string };

const refused = (message: string): ReadIntentModel => ({ ok: false, message });

/**
 * Reads a model that `signalbox train intents` wrote. One that was trained beside the embedding needs the same table again,
 * so it is handed in. A message tells what is wrong with a file.
 */
export function readIntentModel(bytes: Uint8Array, embedder: Embedder | null): ReadIntentModel {
  const unpacked = unpackFile(bytes, intentModelFormat.kind, intentModelFormat.version);
  if (!unpacked.ok) return unpacked;
  const { file } = unpacked;
  const { labels, buckets, threshold, temperature, embedding, embeddingWeight } = file.fields;
  if (!areLabels(labels)) return refused("its labels cannot be read");
  if (!isBucketCount(buckets) || !isShare(threshold) || !isPositive(temperature)) {
    return refused("its settings cannot be read");
  }
  if (embedding !== null && embedding !== embedder?.hash) {
    return refused(
      "it was trained with another embedding than this version of Signalbox has: train it again",
    );
  }
  const besideClues = file.fields["besideClues"] === true;
  const used = embedding === null ? null : embedder;
  if (used !== null && !isPositive(embeddingWeight)) return refused("its settings cannot be read");
  const weights = weightsOf(file, {
    buckets,
    classes: labels.length,
    dimension: used?.dimension ?? 0,
  });
  if (weights === null) return refused("its weights do not fit its labels");
  const scoring = {
    weights,
    buckets,
    temperature,
    embedder: used,
    embeddingWeight: Number(embeddingWeight),
  };
  return {
    ok: true,
    model: modelOf({ hash: file.hash, labels, threshold, embedder: used, besideClues }, scoring),
  };
}

interface Weights {
  readonly bias: Float32Array;
  /** Of each bucket; 0 for one without weights. */
  readonly scales: Float32Array;
  /** Where a bucket's weights begin. */
  readonly starts: Int32Array;
  readonly bytes: Int8Array;
  /** One row of classes for each dimension of the embedding. */
  readonly dense: Float32Array;
}

interface Shape {
  readonly buckets: number;
  readonly classes: number;
  readonly dimension: number;
}

function weightsOf(
  { section }: PackedFile,
  { buckets, classes, dimension }: Shape,
): Weights | null {
  const bias = floatsOf(section("bias"), classes);
  const scales = floatsOf(section("scales"), buckets);
  const dense = floatsOf(section("dense"), dimension * classes);
  const rows = section("weights");
  if (bias === null || scales === null || dense === null || rows === null) return null;
  const starts = new Int32Array(buckets);
  let end = 0;
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    starts[bucket] = end;
    if (scales[bucket] !== 0) end += classes;
  }
  if (end !== rows.length) return null;
  const bytes = new Int8Array(rows.buffer, rows.byteOffset, rows.length);
  return { bias, scales, starts, bytes, dense };
}

interface Scoring {
  readonly weights: Weights;
  readonly buckets: number;
  readonly temperature: number;
  readonly embedder: Embedder | null;
  readonly embeddingWeight: number;
}

function modelOf(
  named: Omit<IntentModel, "guess" | "probabilities">,
  { weights, buckets, temperature, embedder, embeddingWeight }: Scoring,
): IntentModel {
  const hasher = createFeatureHasher(buckets);
  const { bias, scales, starts, bytes, dense } = weights;
  const classes = bias.length;
  // Doubles: V8 reckons in them, and turning every sum into a float and back costs more than the sum.
  const scores = new Float64Array(classes);

  const addRow = (from: ArrayLike<number>, start: number, weight: number): void => {
    for (let i = 0; i < classes; i += 1) {
      scores[i] = (scores[i] as number) + weight * (from[start + i] as number);
    }
  };

  const probabilities = (prompt: string): Float64Array => {
    const text = headAndTail(prompt);
    const features = hasher.featuresOf(text);
    scores.set(bias);
    for (let i = 0; i < features.count; i += 1) {
      const bucket = features.buckets[i] as number;
      const scale = scales[bucket] as number;
      if (scale === 0) continue;
      const weight = scale * (features.values[i] as number);
      const start = starts[bucket] as number;
      for (let k = 0; k < classes; k += 1) {
        scores[k] = (scores[k] as number) + weight * (bytes[start + k] as number);
      }
    }
    const place = embedder?.embed(text);
    for (let i = 0; i < (place?.length ?? 0); i += 1) {
      addRow(dense, i * classes, embeddingWeight * (place?.[i] as number));
    }
    return softmax(scores, temperature);
  };

  const guess = (prompt: string): IntentGuess => {
    if (!hasWord(prompt)) return { intent: otherIntent, isLabel: false, confidence: 1 };
    const likely = probabilities(prompt);
    const best = indexOfLargest(likely);
    const confidence = likely[best] as number;
    return confidence >= named.threshold
      ? { intent: named.labels[best] as string, isLabel: true, confidence }
      : { intent: otherIntent, isLabel: false, confidence: 1 - confidence };
  };
  return { ...named, guess, probabilities };
}

/** Turns scores into probabilities in place; a higher temperature makes them less sure. */
export function softmax<Scores extends Float32Array | Float64Array>(
  scores: Scores,
  temperature: number,
): Scores {
  let largest = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > largest) largest = score;
  let sum = 0;
  for (let i = 0; i < scores.length; i += 1) {
    const value = Math.exp(((scores[i] as number) - largest) / temperature);
    scores[i] = value;
    sum += value;
  }
  for (let i = 0; i < scores.length; i += 1) scores[i] = (scores[i] as number) / sum;
  return scores;
}

/** The place of the largest value, the first of equal ones. */
export function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i += 1) {
    if ((values[i] as number) > (values[best] as number)) best = i;
  }
  return best;
}

function areLabels(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length >= 2 &&
    value.length <= mostLabels &&
    value.every((label) => typeof label === "string" && label !== "") &&
    new Set(value).size === value.length
  );
}

const isShare = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value <= 1;

const isPositive = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value > 0;
