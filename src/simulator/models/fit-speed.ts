import { type FittedTime, fitTime, fittedMs } from "./fit-time.ts";
import { type Quantiles, quantilesOfWeighted } from "./quantiles.ts";
import { likelyEnd, type Observation, type Survival, survivalOf } from "./survival.ts";
import type { SpeedModel, TimeModel } from "./target-model.ts";

/** A streamed attempt: when its first token came and when it ended, or what kept us from seeing that. */
export interface StreamedTimes {
  readonly inputTokens: number;
  /** Until the first token, or until it was given up. */
  readonly firstTokenMs: number;
  readonly first: Observation["end"];
  /** Tokens after the first, and how long they took; null where they were not all seen. */
  readonly gaps: number | null;
  readonly restMs: number | null;
}

/** An attempt whose answer came as a whole; the tokens of one that was given up are what another attempt had, or NaN. */
export interface WholeTimes {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalMs: number;
  readonly end: Observation["end"];
}

/** A speed, and the share of attempts of which nothing was heard however long was waited. */
export interface FittedSpeed extends SpeedModel {
  readonly beyond: number;
}

/** A time with the tokens that it may rest on, and what kept us from seeing its end. */
interface Sample extends Observation {
  readonly tokens: readonly number[];
}

interface Fit {
  readonly time: FittedTime;
  readonly survival: Survival;
}

/** Times that were cut off are taken for what they may have come to, and all is fitted anew: so often. */
const rounds = 3;

/** Fits times of which some were cut off; null where none was seen to its end. */
function fitSurvival(samples: readonly Sample[]): Fit | null {
  const seen = samples.filter(({ end }) => end === "seen");
  if (seen.length === 0) return null;
  let fit = survivalUnder(fitSamples(seen), samples);
  for (let round = 0; round < rounds && seen.length < samples.length && fit !== null; round += 1) {
    const { time, survival } = fit;
    const likely = samples.map((each) => {
      if (each.end === "seen") return each;
      const expected = fittedMs(time, each.tokens);
      return { ...each, value: expected * likelyEnd(survival, each.value / expected) };
    });
    fit = survivalUnder(fitSamples(likely), samples);
  }
  return fit;
}

function survivalUnder(time: FittedTime, samples: readonly Sample[]): Fit | null {
  const survival = survivalOf(
    samples.map(({ value, end, tokens }) => ({ value: value / fittedMs(time, tokens), end })),
  );
  return survival === null ? null : { time, survival };
}

function fitSamples(samples: readonly Sample[]): FittedTime {
  const columns = samples[0]?.tokens.length ?? 0;
  return fitTime({
    ms: Float64Array.from(samples, ({ value }) => value),
    tokens: Array.from({ length: columns }, (_, at) =>
      Float64Array.from(samples, ({ tokens }) => tokens[at] ?? 0),
    ),
  });
}

/** The speed of streamed answers; null where none was seen to begin. */
export function streamedSpeed(attempts: readonly StreamedTimes[]): FittedSpeed | null {
  const begun = attempts.filter(({ first }) => first === "seen");
  const fit = fitSurvival(
    attempts.map(({ firstTokenMs, inputTokens, first }) => ({
      ...{ value: firstTokenMs, tokens: [inputTokens], end: first },
    })),
  );
  if (fit === null) return null;
  const { time: fitted, survival } = fit;
  const ratioOf = ({ firstTokenMs, inputTokens }: StreamedTimes): number =>
    firstTokenMs / fittedMs(fitted, [inputTokens]);
  const all = begun.flatMap(({ gaps, restMs, ...each }) =>
    gaps === null || restMs === null
      ? []
      : [{ gaps, restMs, ratio: ratioOf({ gaps, restMs, ...each }) }],
  );
  const spoken = all.filter(({ gaps }) => gaps > 0);
  const ended = spoken.length > 0 ? spoken : all;
  const firstToken = { ...timeOf(fitted, 0), ratios: survival.quantiles };
  if (ended.length === 0) return { firstToken, rest: none, together: 0, beyond: survival.beyond };
  const rest = fitTime({
    ms: Float64Array.from(ended, ({ restMs }) => restMs),
    weights: Float64Array.from(ended, weightOf),
    tokens: [Float64Array.from(ended, ({ gaps }) => gaps)],
  });
  const ratios = ended.map(({ restMs, gaps }) => restMs / fittedMs(rest, [gaps]));
  return {
    firstToken,
    rest: { ...timeOf(rest, 0), ratios: weightedRatios(ratios, ended) },
    together: likeness(
      ended.map(({ ratio }) => ratio),
      ratios,
    ),
    beyond: survival.beyond,
  };
}

/** The speed of answers of which only the whole time is known: both parts rest on one ratio. Null where none was seen to its end. */
export function wholeSpeed(attempts: readonly WholeTimes[]): FittedSpeed | null {
  const answered = attempts.filter(({ end }) => end === "seen");
  if (answered.length === 0) return null;
  const gapsOf = ({ outputTokens }: WholeTimes): number => Math.max(outputTokens - 1, 0);
  const usual = answered.reduce((sum, each) => sum + gapsOf(each), 0) / answered.length;
  const fit = fitSurvival(
    attempts.map((each) => {
      const gaps = gapsOf(each);
      const tokens = [each.inputTokens, Number.isNaN(gaps) ? usual : gaps];
      return { value: each.totalMs, tokens, end: each.end };
    }),
  );
  if (fit === null) return null;
  const { time: fitted, survival } = fit;
  const { quantiles: ratios, beyond } = survival;
  const rest = { baseMs: 0, perTokenMs: fitted.perTokenMs[1] ?? 0, ratios };
  return { firstToken: { ...timeOf(fitted, 0), ratios }, rest, together: 1, beyond };
}

/** The times of a few tokens are mostly noise of clocks and sockets: they count less than those of long answers. */
const weightOf = ({ gaps }: { readonly gaps: number }): number => (gaps + 1e-3) / (gaps + 10);

function weightedRatios(
  ratios: readonly number[],
  ended: readonly { readonly gaps: number }[],
): Quantiles {
  const points = ratios.map((value, at) => ({
    value,
    mass: weightOf(ended[at] as { gaps: number }),
  }));
  return quantilesOfWeighted(points.sort((one, other) => one.value - other.value));
}

const none: TimeModel = { baseMs: 0, perTokenMs: 0, ratios: [1] };

function timeOf({ baseMs, perTokenMs }: FittedTime, at: number): Omit<TimeModel, "ratios"> {
  return { baseMs, perTokenMs: perTokenMs[at] ?? 0 };
}

/** Spearman's rank correlation, as far as it is above 0 and above what chance makes of so many. */
function likeness(ones: readonly number[], others: readonly number[]): number {
  const count = ones.length;
  if (count < 20) return 0;
  const [first, second] = [ranksOf(ones), ranksOf(others)];
  const middle = (count - 1) / 2;
  let sum = 0;
  for (let at = 0; at < count; at += 1)
    sum += ((first[at] as number) - middle) * ((second[at] as number) - middle);
  const rho = sum / ((count * (count * count - 1)) / 12);
  return rho > 3 / Math.sqrt(count) ? Math.min(rho, 1) : 0;
}

function ranksOf(values: readonly number[]): Float64Array {
  const order = values.map((_, at) => at);
  order.sort((one, other) => (values[one] as number) - (values[other] as number) || one - other);
  const ranks = new Float64Array(values.length);
  for (const [rank, at] of order.entries()) ranks[at] = rank;
  return ranks;
}
