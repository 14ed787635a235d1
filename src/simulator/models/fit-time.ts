/** Times with the counts of tokens that they may rest on, a column for each kind of token. */
export interface TimeSamples {
  readonly ms: Float64Array;
  readonly tokens: readonly Float64Array[];
  /** How much each sample counts; alike when left out. */
  readonly weights?: Float64Array;
}

/** ms ≈ base + Σ per token × tokens, none of them below 0. */
export interface FittedTime {
  readonly baseMs: number;
  readonly perTokenMs: readonly number[];
}

/** Times below this are noise of clocks. */
const leastMs = 0.05;

/**
 * Fits times whose noise is a factor, as that of answers is: what is kept small is the spread of the logarithms around the fit. A
 * kind of token on which the times do not clearly rest counts nothing. At least one sample.
 */
export function fitTime({ ms, tokens, weights = ms.map(() => 1) }: TimeSamples): FittedTime {
  const logs = ms.map((each) => Math.log(Math.max(each, leastMs)));
  const slopes = tokens.map(() => 0);
  // In units of the tokens' own means, so that one grid of slopes suits all.
  const columns = tokens.map(scaled);
  const samples = { logs, columns, weights };
  for (let round = 0; round < 6; round += 1) {
    const before = [...slopes];
    for (let at = 0; at < slopes.length; at += 1) {
      slopes[at] = bestSlope((slope) => left(samples, slopes.with(at, slope)).spread, logs.length);
    }
    if (slopes.length > 1) {
      const factor = least(
        (each) =>
          left(
            samples,
            slopes.map((slope) => slope * each),
          ).spread,
      ).at;
      for (let at = 0; at < slopes.length; at += 1) slopes[at] = (slopes[at] as number) * factor;
    }
    if (slopes.every((slope, at) => Math.abs(slope - (before[at] as number)) <= 1e-4 * slope))
      break;
  }
  const baseMs = Math.exp(left(samples, slopes).middle);
  const perTokenMs = slopes.map((slope, at) => (baseMs * slope) / meanOfTokens(tokens[at]));
  return { baseMs, perTokenMs };
}

/** What a fit expects. */
export function fittedMs({ baseMs, perTokenMs }: FittedTime, tokens: readonly number[]): number {
  let ms = baseMs;
  for (const [at, each] of perTokenMs.entries()) ms += each * (tokens[at] ?? 0);
  return Math.max(ms, leastMs);
}

/** The slope of the least spread; 0 where the samples do not clearly speak for one (Bayesian information criterion). */
function bestSlope(spread: (slope: number) => number, count: number): number {
  const flat = spread(0) + tiny;
  const found = least(spread);
  const gain = count * Math.log(flat / (found.value + tiny));
  return gain > Math.log(count) + 2 ? found.at : 0;
}

const tiny = 1e-12;
const [lowest, highest, perStep] = [1e-4, 1e6, 1.6];

/** Where a function of a positive number is least: over a grid of powers, then by golden section. */
function least(of: (at: number) => number): { readonly at: number; readonly value: number } {
  let best = { at: 1, value: of(1) };
  for (let at = lowest; at < highest; at *= perStep) {
    const value = of(at);
    if (value < best.value) best = { at, value };
  }
  let low = Math.log(best.at / perStep);
  let high = Math.log(best.at * perStep);
  const golden = (Math.sqrt(5) - 1) / 2;
  for (let step = 0; step < 24; step += 1) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)];
    if (of(Math.exp(left)) < of(Math.exp(right))) high = right;
    else low = left;
  }
  const at = Math.exp((low + high) / 2);
  const value = of(at);
  return value < best.value ? { at, value } : best;
}

interface LogSamples {
  readonly logs: Float64Array;
  readonly columns: readonly Float64Array[];
  readonly weights: Float64Array;
}

/** The weighted mean of the logarithms left over 1 + Σ slope × tokens, and their variance. */
function left({ logs, columns, weights }: LogSamples, slopes: readonly number[]) {
  let all = 0;
  let middle = 0;
  let squares = 0;
  for (let row = 0; row < logs.length; row += 1) {
    let sum = 1;
    for (let at = 0; at < slopes.length; at += 1)
      sum += (slopes[at] as number) * ((columns[at] as Float64Array)[row] as number);
    const value = (logs[row] as number) - Math.log(sum);
    const weight = weights[row] as number;
    // Welford's way, which keeps its digits.
    all += weight;
    const step = value - middle;
    middle += (weight / all) * step;
    squares += weight * step * (value - middle);
  }
  return { middle, spread: squares / all };
}

function scaled(tokens: Float64Array): Float64Array {
  const unit = meanOfTokens(tokens);
  return tokens.map((each) => each / unit);
}

function meanOfTokens(tokens: Float64Array | undefined): number {
  let sum = 0;
  for (const each of tokens ?? []) sum += each;
  return sum / (tokens?.length || 1) || 1;
}
