import { BugError } from "../base/assert.ts";
import type { Embedder } from "../meaning/embedding.ts";
import { headAndTail } from "../meaning/head-and-tail.ts";
import { type IntentModel, intentModelFormat, readIntentModel } from "../meaning/intent-model.ts";
import { packFile } from "../meaning/packed-file.ts";
import { createFeatureHasher } from "../meaning/text-features.ts";
import { fitTemperature, fitThreshold } from "./calibrate.ts";
import { type Example, type LinearModel, scoresOf, trainLogistic } from "./logistic.ts";
import { type IntentMeasures, measureIntents } from "./measure-intents.ts";
import { type LabelledText, splitByLabel } from "./split.ts";

/** What training is asked for. */
export interface IntentTraining {
  readonly seed: number;
  /** Share of each label's texts that is held out, from 0 to 1: one half calibrates, the other measures. */
  readonly heldOut: number;
  /** Share of rightly labelled texts that may be given up to `other`. */
  readonly givenUp: number;
  /** The embedding whose dimensions stand beside the n-grams; null for n-grams alone. */
  readonly embedder: Embedder | null;
  /** Whether the model is to stand behind the shipped clues; a user's own stands alone. */
  readonly besideClues?: boolean;
  readonly passed?: (done: number, of: number) => void;
}

export interface TrainedIntents {
  /** The file: of all texts, with the temperature and threshold of the held-out ones. */
  readonly bytes: Uint8Array;
  readonly model: IntentModel;
  /** Of a model of the other texts, on the half that nothing was fitted on. */
  readonly measures: IntentMeasures;
}

/** Weights are a byte each: so many buckets times labels at most, which keeps a model below six megabytes. */
const mostWeights = 5_300_000;
const mostBuckets = 1 << 16;
const epochs = 15;
const rate = 1;
/** How heavy a text's place is beside its n-grams, both of length 1. */
const embeddingWeight = 2;

/**
 * Trains a model of intents: a logistic regression over hashed n-grams and the embedding, calibrated on held-out texts.
 * Needs two labels at least, with two texts each. The same texts in the same order and the same seed give the same bytes.
 */
export function trainIntents(
  rows: readonly LabelledText[],
  options: IntentTraining,
): TrainedIntents {
  const { seed, heldOut, givenUp, embedder, besideClues = false, passed } = options;
  const labels = [...new Set(rows.map(({ label }) => label))].sort();
  const examples = exampleMaker(labels, embedder);
  const { train, calibrate, measure } = splitByLabel(rows, heldOut, seed);
  const fitted = (texts: readonly LabelledText[], before: number): LinearModel =>
    trainLogistic(texts.map(examples.of), {
      classes: labels.length,
      features: examples.features,
      seed,
      epochs,
      rate,
      passed: (epoch) => passed?.(before + epoch + 1, 2 * epochs),
    });
  const trial = fitted(train, 0);
  const held = calibrate.map(examples.of).map((example) => ({
    label: example.label,
    scores: scoresOf(trial, example, new Float64Array(labels.length)),
  }));
  const temperature = fitTemperature(held);
  const threshold = fitThreshold(held, temperature, givenUp);
  const { buckets } = examples;
  const settings = { labels, temperature, threshold, embedder, buckets, besideClues };
  const measures = measureIntents(open(packIntents(trial, settings), embedder), measure);
  const bytes = packIntents(fitted(rows, epochs), settings);
  return { bytes, model: open(bytes, embedder), measures };
}

function open(bytes: Uint8Array, embedder: Embedder | null): IntentModel {
  const read = readIntentModel(bytes, embedder);
  if (!read.ok) throw new BugError(`what training wrote cannot be read: ${read.message}`);
  return read.model;
}

interface ExampleMaker {
  readonly buckets: number;
  /** Buckets and dimensions. */
  readonly features: number;
  readonly of: (row: LabelledText) => Example;
}

function exampleMaker(labels: readonly string[], embedder: Embedder | null): ExampleMaker {
  let buckets = mostBuckets;
  while (buckets * labels.length > mostWeights && buckets > 1) buckets /= 2;
  const hasher = createFeatureHasher(buckets);
  const places = new Map(labels.map((label, at) => [label, at]));
  return {
    buckets,
    features: buckets + (embedder?.dimension ?? 0),
    of({ text, label }) {
      const read = headAndTail(text);
      const { count, ...grams } = hasher.featuresOf(read);
      const place = embedder?.embed(read) ?? new Float32Array();
      const rows = new Int32Array(count + place.length);
      const values = new Float32Array(rows.length);
      rows.set(grams.buckets.subarray(0, count));
      values.set(grams.values.subarray(0, count));
      for (const [at, value] of place.entries()) {
        rows[count + at] = buckets + at;
        values[count + at] = embeddingWeight * value;
      }
      return { rows, values, label: places.get(label) ?? 0 };
    },
  };
}

interface PackSettings {
  readonly labels: readonly string[];
  readonly temperature: number;
  readonly threshold: number;
  readonly embedder: Embedder | null;
  readonly buckets: number;
  readonly besideClues: boolean;
}

/** A byte a weight with one scale for each bucket; buckets that no text touched take none. */
function packIntents({ classes, weights, bias }: LinearModel, settings: PackSettings): Uint8Array {
  const { labels, temperature, threshold, embedder, buckets, besideClues } = settings;
  const scales = new Float32Array(buckets);
  const bytes = new Int8Array(buckets * classes);
  let end = 0;
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const row = weights.subarray(bucket * classes, (bucket + 1) * classes);
    const largest = row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    if (largest === 0) continue;
    scales[bucket] = largest / 127;
    for (const weight of row) {
      bytes[end] = Math.round((weight / largest) * 127);
      end += 1;
    }
  }
  const dense = weights.slice(buckets * classes);
  return packFile(
    {
      ...intentModelFormat,
      labels,
      buckets,
      temperature,
      threshold,
      besideClues,
      embedding: embedder?.hash ?? null,
      embeddingWeight: embedder === null ? 0 : embeddingWeight,
    },
    {
      bias: bytesOf(bias),
      scales: bytesOf(scales),
      weights: new Uint8Array(bytes.buffer, 0, end),
      dense: bytesOf(dense),
    },
  );
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
