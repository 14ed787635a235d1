import { mixSize, mixSpreads, type TextMix } from "./text-mix.ts";

/** What is known of how a model counts. */
export interface TokenRatio {
  /** Tokens by its own count for one by ours. */
  readonly ratio: number;
  /** Mean share by which the ratio was wrong of late, before it had learned from the answer. */
  readonly error: number;
  /** Answers that it was learned from. */
  readonly samples: number;
}

/** How far a model's ratio is expected to lie from one, whatever the text; and how far answers stray. */
const commonSpread = 0.4;
const noise = 0.05;

/** What is learned fades, so that a model that is changed behind its name is followed: so much doubt comes back with each answer. */
const renewal = 1e-3;

/** With fewer answers a model's own ratio is not used; its family's, or none, is. */
const leastSamples = 20;
const mostModels = 256;
const [least, most] = [0.2, 5];
const errorMemory = 50;

const size = mixSize + 1;

/**
 * The ratio of one model: a common one and what letters, digits and signs add to it, by recursive least squares over the answers'
 * own counts. State of a fixed size, and the same answers give the same ratio.
 */
class RatioFit {
  samples = 0;
  error = 0;
  /** What answers came to of late, whatever they were made of. */
  mean = 1;
  readonly #weights = new Float64Array(size);
  /** How unsure the weights are, together, as a matrix in rows; in units of the noise. */
  readonly #doubt = new Float64Array(size * size);
  readonly #row = new Float64Array(size);
  readonly #gain = new Float64Array(size);

  constructor(state?: FitState) {
    for (let i = 0; i < size; i += 1) this.#doubt[i * size + i] = doubtAt(i);
    this.#weights[0] = 1;
    if (state === undefined) return;
    [this.samples, this.error, this.mean] = [state.samples, state.error, state.mean];
    this.#weights.set(state.weights);
    for (const [at, i, j] of upperHalf()) {
      this.#doubt[i * size + j] = state.doubt[at] as number;
      this.#doubt[j * size + i] = state.doubt[at] as number;
    }
  }

  state(): FitState {
    return {
      ...{ samples: this.samples, error: rounded(this.error), mean: rounded(this.mean) },
      weights: Array.from(this.#weights, rounded),
      // It is symmetric.
      doubt: [...upperHalf()].map(([, i, j]) => rounded(this.#doubt[i * size + j] as number)),
    };
  }

  ratioOf(mix: TextMix): number {
    let ratio = this.#weights[0] as number;
    for (let i = 1; i < size; i += 1) {
      ratio += (this.#weights[i] as number) * (mix[i - 1] as number);
    }
    return Math.min(Math.max(ratio, least), most);
  }

  learn(mix: TextMix, ratio: number): void {
    const said = this.ratioOf(mix);
    this.samples += 1;
    const share = 1 / Math.min(this.samples, errorMemory);
    this.mean += share * (ratio - this.mean);
    this.error += share * (Math.abs(said - ratio) / ratio - this.error);
    this.#update(mix, ratio - said);
  }

  #update(mix: TextMix, surprise: number): void {
    const [row, gain, doubt] = [this.#row, this.#gain, this.#doubt];
    row[0] = 1;
    row.set(mix, 1);
    let spread = 1;
    for (let i = 0; i < size; i += 1) {
      let sum = 0;
      for (let j = 0; j < size; j += 1) {
        sum += (doubt[i * size + j] as number) * (row[j] as number);
      }
      gain[i] = sum;
      spread += sum * (row[i] as number);
    }
    // An answer that is far off moves the ratio no further than one that is merely off: some count what we do not see.
    const scale = Math.sqrt(spread) * noise;
    const heard = Math.min(Math.max(surprise, -6 * scale), 6 * scale);
    for (let i = 0; i < size; i += 1) {
      const step = (gain[i] as number) / spread;
      this.#weights[i] = (this.#weights[i] as number) + step * heard;
      for (let j = 0; j < size; j += 1) {
        doubt[i * size + j] = (doubt[i * size + j] as number) - step * (gain[j] as number);
      }
      const own = i * size + i;
      doubt[own] = Math.min((doubt[own] as number) + renewal * doubtAt(i), doubtAt(i));
    }
  }
}

function doubtAt(index: number): number {
  const spread = index === 0 ? commonSpread : (mixSpreads[index - 1] as number);
  return (spread / noise) ** 2;
}

/** Places of the upper half of a matrix, its diagonal among them, row by row. */
function* upperHalf(): Generator<readonly [at: number, i: number, j: number]> {
  let at = 0;
  for (let i = 0; i < size; i += 1) {
    for (let j = i; j < size; j += 1) {
      yield [at, i, j];
      at += 1;
    }
  }
}

/** Nine digits: far below what an answer moves. */
const rounded = (value: number): number => Number(value.toPrecision(9));

/** What was learned of one model, as JSON holds it; `doubt` is the upper half of its matrix. */
interface FitState {
  readonly samples: number;
  readonly error: number;
  readonly mean: number;
  readonly weights: readonly number[];
  readonly doubt: readonly number[];
}

/** The letters that a model's name begins with, behind its maker's: models of one family count alike, or nearly. */
export function tokenFamily(model: string): string {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return /^[a-z]+/.exec(name)?.[0] ?? name;
}

/**
 * Learns from answers how many tokens each model makes of what counts as one here. A model of which little was heard takes
 * its family's ratio. Holds 256 models and families at most; those that were longest without an answer go first.
 */
export class TokenRatios {
  readonly #models = new Map<string, RatioFit>();
  readonly #families = new Map<string, RatioFit>();

  /** A prompt of this mix came to `counted` tokens by our count, and to `told` by the model's. */
  learn(model: string, mix: TextMix, counted: number, told: number): void {
    const ratio = told / counted;
    // What a provider keeps, or counts elsewhere, is no matter of tokens.
    if (!(ratio >= least && ratio <= most)) return;
    fitIn(this.#models, model).learn(mix, ratio);
    fitIn(this.#families, tokenFamily(model)).learn(mix, ratio);
  }

  /** The ratio for a prompt of this mix at a model; null where too little was heard. */
  at(model: string, mix: TextMix): TokenRatio | null {
    const own = this.#models.get(model);
    const fit = isHeard(own) ? own : this.#families.get(tokenFamily(model));
    if (!isHeard(fit)) return null;
    return { ratio: fit.ratioOf(mix), error: fit.error, samples: fit.samples };
  }

  /** Whether enough was heard of a model, or of its family. */
  knows(model: string): boolean {
    return isHeard(this.#models.get(model)) || isHeard(this.#families.get(tokenFamily(model)));
  }

  /** What a model's own answers came to of late, whatever they were made of; null where too little was heard. */
  heardOf(model: string): Pick<TokenRatio, "ratio" | "error"> | null {
    const fit = this.#models.get(model);
    return isHeard(fit) ? { ratio: fit.mean, error: fit.error } : null;
  }

  /** What was learned of the models and families last heard of, 64 of each, as JSON text of some hundred kilobytes at most. */
  state(): string {
    const last = (fits: ReadonlyMap<string, RatioFit>): readonly unknown[] =>
      [...fits].slice(-mostKept).map(([name, fit]) => [name, fit.state()]);
    return JSON.stringify({ models: last(this.#models), families: last(this.#families) });
  }

  /** Takes up what another one learned, where it heard more than this one; false, and nothing is taken, for what `state` never gave. */
  restore(text: string): boolean {
    const models = readFits(text, "models");
    const families = readFits(text, "families");
    if (models === null || families === null) return false;
    for (const [kept, fits] of [
      [models, this.#models],
      [families, this.#families],
    ] as const) {
      for (const [name, state] of kept) {
        if (state.samples > (fits.get(name)?.samples ?? 0)) put(fits, name, new RatioFit(state));
      }
    }
    return true;
  }

  /** Answers heard of a model. */
  samplesOf(model: string): number {
    return this.#models.get(model)?.samples ?? 0;
  }
}

const isHeard = (fit: RatioFit | undefined): fit is RatioFit =>
  fit !== undefined && fit.samples >= leastSamples;

function fitIn(fits: Map<string, RatioFit>, name: string): RatioFit {
  const fit = fits.get(name) ?? new RatioFit();
  put(fits, name, fit);
  return fit;
}

function put(fits: Map<string, RatioFit>, name: string, fit: RatioFit): void {
  fits.delete(name);
  fits.set(name, fit);
  if (fits.size > mostModels) {
    for (const oldest of fits.keys()) {
      fits.delete(oldest);
      break;
    }
  }
}

const mostKept = 64;
const longestState = 4_000_000;
const longestName = 1_000;

function readFits(text: string, of: "models" | "families"): readonly [string, FitState][] | null {
  if (text.length > longestState) return null;
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    return null;
  }
  const fits = isRecord(state) ? state[of] : null;
  if (!Array.isArray(fits) || fits.length > mostKept) return null;
  return fits.every(isNamedFit) ? fits : null;
}

function isNamedFit(value: unknown): value is [string, FitState] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [name, fit] = value as readonly unknown[];
  if (typeof name !== "string" || name.length > longestName || !isRecord(fit)) return false;
  const { samples, error, mean, weights, doubt } = fit;
  return (
    Number.isSafeInteger(samples) &&
    Number(samples) > 0 &&
    isWithin(error, 0, most / least) &&
    isWithin(mean, least, most) &&
    isRow(weights, size, 100) &&
    isDoubt(doubt)
  );
}

/** Of a covariance no variance is below nothing or above where it began, and none beside it above what both allow. */
function isDoubt(value: unknown): boolean {
  if (!isRow(value, (size * (size + 1)) / 2, 1.001 * doubtAt(0))) return false;
  const variances = new Float64Array(size);
  for (const [at, i, j] of upperHalf()) if (i === j) variances[i] = value[at] as number;
  for (const [at, i, j] of upperHalf()) {
    const [one, other] = [variances[i] as number, variances[j] as number];
    if (
      i === j
        ? one <= 0 || one > 1.001 * doubtAt(i)
        : (value[at] as number) ** 2 > 1.01 * one * other
    )
      return false;
  }
  return true;
}

const isRow = (value: unknown, length: number, far: number): value is readonly number[] =>
  Array.isArray(value) &&
  value.length === length &&
  value.every((each) => isWithin(each, -far, far));

const isWithin = (value: unknown, low: number, high: number): boolean =>
  typeof value === "number" && value >= low && value <= high;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
