import { surfaceNames, surfaceOf } from "./difficulty-features.ts";
import type { Embedder } from "./embedding.ts";
import { headAndTail } from "./head-and-tail.ts";
import { floatsOf, unpackFile } from "./packed-file.ts";
import { createFeatureHasher, hasWord, isBucketCount } from "./text-features.ts";

/** Kind and version of the file of a model of difficulty. */
export const difficultyModelFormat = { kind: "difficulty", version: 1 } as const;

/** How heavy the surface and the place of a text are beside its n-grams, which are at length 1 together. */
export const featureWeights = { surface: 0.3, embedding: 2 } as const;

/** No surface counts as further from the usual than so many standard deviations. */
const furthest = 4;
/** What never varied in training says nothing. */
const leastSpread = 1e-4;

/** What a model was worth on texts that it had not seen. */
export interface MeasuredDifficulty {
  /** How often a hard text is told to be harder than an easy one; 0.5 is chance. Null where all were of one kind. */
  readonly auc: number | null;
  /** How far its probabilities were from the shares that came, on average. */
  readonly calibrationError: number;
  readonly texts: number;
}

/** A trained model of how likely it is that a prompt is too hard. */
export interface DifficultyModel {
  /** 16 hex digits that stand for the file's content. */
  readonly hash: string;
  /** The embedding that it was trained beside. */
  readonly embedder: Embedder;
  readonly measured: MeasuredDifficulty;
  /** Calibrated probability from 0 to 1 that the prompt is hard; undefined for a text without a word or a number. */
  difficultyOf(prompt: string): number | undefined;
}

export type ReadDifficultyModel =
  | { readonly ok: true; readonly model: DifficultyModel }
  | { readonly ok: false; readonly message: string };

/** How surfaces lie around their usual: a mean and a spread each. */
export interface SurfaceScale {
  readonly means: Float32Array;
  readonly spreads: Float32Array;
}

/** A text as rows of weights and how much of each: its surface, its place, its n-grams in this order. */
export interface DifficultyFeatures {
  readonly rows: Int32Array;
  readonly values: Float32Array;
}

/** Reads texts into features; the same for training and for use. */
export function createDifficultyReader(
  buckets: number,
  embedder: Embedder,
): (text: string, scale: SurfaceScale) => DifficultyFeatures {
  const hasher = createFeatureHasher(buckets);
  const dense = surfaceNames.length + embedder.dimension;
  return (prompt, { means, spreads }) => {
    const text = headAndTail(prompt);
    const grams = hasher.featuresOf(text);
    const place = embedder.embed(text);
    const rows = new Int32Array(dense + grams.count);
    const values = new Float32Array(rows.length);
    for (const [at, value] of surfaceOf(text).entries()) {
      const spread = spreads[at] as number;
      const away = spread < leastSpread ? 0 : (value - (means[at] as number)) / spread;
      rows[at] = at;
      values[at] = featureWeights.surface * Math.min(Math.max(away, -furthest), furthest);
    }
    for (const [at, value] of place.entries()) {
      rows[surfaceNames.length + at] = surfaceNames.length + at;
      values[surfaceNames.length + at] = featureWeights.embedding * value;
    }
    for (let i = 0; i < grams.count; i += 1) {
      rows[dense + i] = dense + (grams.buckets[i] as number);
      values[dense + i] = grams.values[i] as number;
    }
    return { rows, values };
  };
}

const refused = (message: string): ReadDifficultyModel => ({ ok: false, message });

/** Reads a model that `signalbox train difficulty` wrote; `embedder` is the table that this version has. A message tells what is wrong. */
export function readDifficultyModel(bytes: Uint8Array, embedder: Embedder): ReadDifficultyModel {
  const unpacked = unpackFile(bytes, difficultyModelFormat.kind, difficultyModelFormat.version);
  if (!unpacked.ok) return unpacked;
  const { hash, fields, section } = unpacked.file;
  const { buckets, embedding, bias, slope, auc, calibrationError, texts } = fields;
  if (embedding !== embedder.hash) {
    return refused(
      "it was trained with another embedding than this version of Signalbox has: train it again",
    );
  }
  const numbers = [bias, slope, auc ?? 0, calibrationError, texts];
  if (!isBucketCount(buckets) || !numbers.every(Number.isFinite)) {
    return refused("its settings cannot be read");
  }
  const means = floatsOf(section("means"), surfaceNames.length);
  const spreads = floatsOf(section("spreads"), surfaceNames.length);
  const dense = floatsOf(section("dense"), surfaceNames.length + embedder.dimension);
  const scale = floatsOf(section("scale"), 1)?.[0];
  const grams = section("grams");
  if (means === null || spreads === null || dense === null || scale === undefined) {
    return refused("its weights do not fit its settings");
  }
  if (grams?.length !== buckets) return refused("its weights do not fit its settings");
  const signed = new Int8Array(grams.buffer, grams.byteOffset, grams.length);
  const weights = new Float32Array(dense.length + buckets);
  weights.set(dense);
  for (const [at, weight] of signed.entries()) weights[dense.length + at] = weight * scale;
  const read = createDifficultyReader(buckets, embedder);
  const [own, steep] = [Number(bias), Number(slope)];
  return {
    ok: true,
    model: {
      hash,
      embedder,
      measured: {
        auc: auc === null ? null : Number(auc),
        calibrationError: Number(calibrationError),
        texts: Number(texts),
      },
      difficultyOf(prompt) {
        if (!hasWord(prompt)) return undefined;
        const { rows, values } = read(prompt, { means, spreads });
        let score = own;
        for (let i = 0; i < rows.length; i += 1) {
          score += steep * (values[i] as number) * (weights[rows[i] as number] as number);
        }
        return 1 / (1 + Math.exp(-score));
      },
    },
  };
}
