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

  constructor() {
    for (let i = 0; i < size; i += 1) this.#doubt[i * size + i] = doubtAt(i);
    this.#weights[0] = 1;
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

  /** Answers heard of a model. */
  samplesOf(model: string): number {
    return this.#models.get(model)?.samples ?? 0;
  }
}

const isHeard = (fit: RatioFit | undefined): fit is RatioFit =>
  fit !== undefined && fit.samples >= leastSamples;

function fitIn(fits: Map<string, RatioFit>, name: string): RatioFit {
  const fit = fits.get(name) ?? new RatioFit();
  fits.delete(name);
  fits.set(name, fit);
  if (fits.size > mostModels) {
    for (const oldest of fits.keys()) {
      fits.delete(oldest);
      break;
    }
  }
  return fit;
}
