import { BugError } from "../base/assert.ts";
import { surfaceNames, surfaceOf } from "../meaning/difficulty-features.ts";
import {
  createDifficultyReader,
  type DifficultyModel,
  difficultyModelFormat,
  readDifficultyModel,
  type SurfaceScale,
} from "../meaning/difficulty-model.ts";
import type { Embedder } from "../meaning/embedding.ts";
import { headAndTail } from "../meaning/head-and-tail.ts";
import { packFile } from "../meaning/packed-file.ts";
import {
  type BinaryExample,
  type BinaryModel,
  scoreOf,
  sigmoid,
  trainBinary,
} from "./binary-logistic.ts";
import { type DifficultyMeasures, measureDifficulty } from "./measure-difficulty.ts";
import { shuffled } from "./split.ts";

/** A prompt, and whether it was too hard for whoever answered it. */
export interface JudgedText {
  readonly text: string;
  readonly hard: boolean;
  /** What it belongs to, such as a subject or a customer; texts of one group are held out together. Undefined for none. */
  readonly group?: string | undefined;
}

export interface DifficultyTraining {
  readonly seed: number;
  /** Share of the texts, or of the groups, that is held out, from 0 to 1: one half calibrates, the other measures. */
  readonly heldOut: number;
  readonly embedder: Embedder;
  readonly passed?: (done: number, of: number) => void;
}

export interface TrainedDifficulty {
  /** The file: of all texts, with the calibration of the held-out ones. */
  readonly bytes: Uint8Array;
  readonly model: DifficultyModel;
  /** Of a model of the other texts, on the half that nothing was fitted on. */
  readonly measures: DifficultyMeasures;
}

const buckets = 1 << 14;
const epochs = 8;
const rate = 0.1;
/** The surface is twenty numbers; what it says is drawn to nothing less than what ten thousand words say. */
const shrink = { surface: 1e-4, text: 1e-3 };

/**
 * Trains a model of difficulty: a logistic regression over a text's surface, its place in the embedding and its hashed
 * n-grams, calibrated on held-out texts by Platt's scaling. Needs hard and easy texts, four of each at least. The same texts
 * in the same order and the same seed give the same bytes.
 */
export function trainDifficulty(
  given: readonly JudgedText[],
  options: DifficultyTraining,
): TrainedDifficulty {
  const { seed, embedder, passed } = options;
  const rows = distinctTexts(given);
  const { train, calibrate, measure } = splitJudged(rows, options);
  const read = createDifficultyReader(buckets, embedder);
  const exampleOf =
    (scale: SurfaceScale) =>
    ({ text, hard }: JudgedText): BinaryExample => ({
      ...read(text, scale),
      outcome: hard ? 1 : 0,
    });
  const fitted = (texts: readonly JudgedText[], scale: SurfaceScale, before: number): BinaryModel =>
    trainBinary(texts.map(exampleOf(scale)), {
      features: surfaceNames.length + embedder.dimension + buckets,
      seed,
      epochs,
      rate,
      shrinkOf: (row) => (row < surfaceNames.length ? shrink.surface : shrink.text),
      passed: (epoch) => passed?.(before + epoch + 1, 2 * epochs),
    });
  const trialScale = scaleOf(train);
  const trial = fitted(train, trialScale, 0);
  const scored = (texts: readonly JudgedText[]) =>
    texts.map((row) => ({
      score: scoreOf(trial, exampleOf(trialScale)(row)),
      hard: row.hard,
    }));
  const line = fitPlatt(scored(calibrate));
  const measures = measureDifficulty(
    scored(measure).map(({ score, hard }) => ({ said: saidOf(score, line), hard })),
  );
  const scale = scaleOf(rows);
  const bytes = packDifficulty(fitted(rows, scale, epochs), { scale, line, measures, embedder });
  const opened = readDifficultyModel(bytes, embedder);
  if (!opened.ok) throw new BugError(`what training wrote cannot be read: ${opened.message}`);
  return { bytes, model: opened.model, measures };
}

/** Each text once; one that was found hard and easy both is taken by most of its outcomes, hard where they are even. */
function distinctTexts(rows: readonly JudgedText[]): readonly JudgedText[] {
  const seen = new Map<string, { row: JudgedText; balance: number }>();
  for (const row of rows) {
    const known = seen.get(row.text) ?? { row, balance: 0 };
    known.balance += row.hard ? 1 : -1;
    seen.set(row.text, known);
  }
  return [...seen.values()].map(({ row, balance }) => ({ ...row, hard: balance >= 0 }));
}

interface JudgedSplit {
  readonly train: readonly JudgedText[];
  readonly calibrate: readonly JudgedText[];
  readonly measure: readonly JudgedText[];
}

/**
 * Holds out whole groups where there are any, else texts; hard and easy ones, and groups of one kind, in like parts as far as
 * they go round.
 */
export function splitJudged(
  rows: readonly JudgedText[],
  { seed, heldOut }: Pick<DifficultyTraining, "seed" | "heldOut">,
): JudgedSplit {
  const groups = new Map<string, JudgedText[]>();
  for (const [at, row] of rows.entries()) {
    const key = row.group === undefined ? `text ${at}` : `group ${row.group}`;
    const own = groups.get(key);
    if (own === undefined) groups.set(key, [row]);
    else own.push(row);
  }
  const parts: { train: JudgedText[]; calibrate: JudgedText[]; measure: JudgedText[] } = {
    train: [],
    calibrate: [],
    measure: [],
  };
  const isGrouped = groups.size < rows.length;
  let turn = 0;
  for (const kind of [null, true, false]) {
    const own = [...groups.values()].filter((group) => kindOf(group) === kind);
    const held = Math.min(Math.max(Math.round(own.length * heldOut), 2), own.length - 1);
    if (!isGrouped) turn = 0;
    for (const [at, group] of shuffled(own, `${seed}:${String(kind)}`).entries()) {
      const heldPart = turn % 2 === 0 ? parts.calibrate : parts.measure;
      (at >= held ? parts.train : heldPart).push(...group);
      if (at < held) turn += 1;
    }
  }
  return parts;
}

/** Whether all texts of a group are hard, or easy; null for some of each. */
function kindOf(group: readonly JudgedText[]): boolean | null {
  const hard = group[0]?.hard === true;
  return group.every((row) => row.hard === hard) ? hard : null;
}

function scaleOf(rows: readonly JudgedText[]): SurfaceScale {
  const means = new Float64Array(surfaceNames.length);
  const squares = new Float64Array(surfaceNames.length);
  for (const { text } of rows) {
    for (const [at, value] of surfaceOf(headAndTail(text)).entries()) {
      means[at] = (means[at] as number) + value / rows.length;
      squares[at] = (squares[at] as number) + value ** 2 / rows.length;
    }
  }
  return {
    means: Float32Array.from(means),
    spreads: Float32Array.from(squares, (square, at) =>
      Math.sqrt(Math.max(square - (means[at] as number) ** 2, 0)),
    ),
  };
}

/** A line from scores to the logarithm of the odds. */
export interface PlattLine {
  readonly slope: number;
  readonly offset: number;
}

const saidOf = (score: number, { slope, offset }: PlattLine): number =>
  sigmoid(slope * score + offset);

/**
 * Platt's scaling: the line that makes the outcomes likeliest, by Newton's method, each outcome a little unsure as he had it.
 * A slope is never below zero: a model that orders texts wrongly is to say the mean, not the reverse.
 */
export function fitPlatt(scored: readonly Scored[]): PlattLine {
  const hard = scored.filter((each) => each.hard).length;
  const easy = scored.length - hard;
  const aims = { hard: (hard + 1) / (hard + 2), easy: 1 / (easy + 2) };
  let line: PlattLine = { slope: 1, offset: 0 };
  let loss = lossOf(scored, line, aims);
  for (let round = 0; round < 50; round += 1) {
    const step = newtonStep(scored, line, aims);
    // A whole step may leap past the best line; half of it, and half of that, does not.
    let share = 1;
    let next = line;
    let nextLoss = loss;
    while (share > 1e-6 && !(nextLoss < loss)) {
      next = { slope: line.slope - share * step.slope, offset: line.offset - share * step.offset };
      nextLoss = lossOf(scored, next, aims);
      share /= 2;
    }
    if (!(nextLoss < loss)) break;
    line = next;
    loss = nextLoss;
  }
  return line.slope > 0 ? line : { slope: 0, offset: Math.log((hard + 1) / (easy + 1)) };
}

interface Scored {
  readonly score: number;
  readonly hard: boolean;
}

interface Aims {
  readonly hard: number;
  readonly easy: number;
}

/** A little of a ridge keeps the slope from running off where the scores part all texts. */
const ridge = 1e-3;

function lossOf(scored: readonly Scored[], line: PlattLine, aims: Aims): number {
  let loss = (ridge / 2) * (line.slope - 1) ** 2;
  for (const { score, hard } of scored) {
    const odds = line.slope * score + line.offset;
    const aim = hard ? aims.hard : aims.easy;
    // -(aim ln p + (1 - aim) ln(1 - p)), without the overflow of its parts.
    loss += Math.max(odds, 0) - aim * odds + Math.log1p(Math.exp(-Math.abs(odds)));
  }
  return loss;
}

function newtonStep(scored: readonly Scored[], line: PlattLine, aims: Aims): PlattLine {
  let [slope, offset] = [ridge * (line.slope - 1), 0];
  let [slopeSlope, slopeOffset, offsetOffset] = [ridge, 0, 1e-9];
  for (const { score, hard } of scored) {
    const said = saidOf(score, line);
    const error = said - (hard ? aims.hard : aims.easy);
    const weight = said * (1 - said);
    slope += error * score;
    offset += error;
    slopeSlope += weight * score ** 2;
    slopeOffset += weight * score;
    offsetOffset += weight;
  }
  const determinant = slopeSlope * offsetOffset - slopeOffset ** 2;
  return {
    slope: (offsetOffset * slope - slopeOffset * offset) / determinant,
    offset: (slopeSlope * offset - slopeOffset * slope) / determinant,
  };
}

interface Packing {
  readonly scale: SurfaceScale;
  readonly line: PlattLine;
  readonly measures: DifficultyMeasures;
  readonly embedder: Embedder;
}

function packDifficulty(model: BinaryModel, packing: Packing): Uint8Array {
  const { scale, line, measures, embedder } = packing;
  const denseCount = surfaceNames.length + embedder.dimension;
  const grams = model.weights.subarray(denseCount);
  const largest = grams.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  const bytes = Int8Array.from(grams, (weight) =>
    largest === 0 ? 0 : Math.round((weight / largest) * 127),
  );
  const { auc, calibrationError, texts } = measures;
  return packFile(
    {
      ...difficultyModelFormat,
      buckets,
      embedding: embedder.hash,
      bias: line.slope * model.bias + line.offset,
      slope: line.slope,
      auc,
      calibrationError,
      texts,
    },
    {
      means: bytesOf(scale.means),
      spreads: bytesOf(scale.spreads),
      dense: bytesOf(model.weights.slice(0, denseCount)),
      scale: bytesOf(Float32Array.of(largest / 127)),
      grams: new Uint8Array(bytes.buffer),
    },
  );
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
