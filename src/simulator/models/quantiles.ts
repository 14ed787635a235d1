/** The shares at which a distribution is kept: even in the middle, closer together at the ends, where p95 and p99 lie. */
export const levels: readonly number[] = [
  ...[0, 0.01, 0.025],
  ...Array.from({ length: 37 }, (_, at) => (at + 2) / 40),
  ...[0.96, 0.97, 0.98, 0.99, 0.995, 1],
];

/** A distribution by its values at `levels`, none below the one before; a list of one value is always that value. */
export type Quantiles = readonly number[];

const steps = 1_000;

/** By a thousandth, the last level that is not above it: where a share lies is found without a search. */
const levelBefore = Uint8Array.from({ length: steps }, (_, step) =>
  levels.findLastIndex((level) => level <= step / steps + 1e-9),
);

/** The value that a share of all does not exceed, for a share in [0, 1]; straight between two levels. */
export function quantileAt(quantiles: Quantiles, share: number): number {
  if (quantiles.length === 1) return quantiles[0] as number;
  const at = levelBefore[Math.min(Math.floor(share * steps), steps - 1)] as number;
  const next = Math.min(at + 1, levels.length - 1);
  const [low, high] = [levels[at] as number, levels[next] as number];
  const [from, to] = [quantiles[at] as number, quantiles[next] as number];
  return from + (to - from) * Math.min((share - low) / (high - low), 1);
}

/** The share of all that does not exceed a value: the inverse of `quantileAt`. */
export function shareBelow(quantiles: Quantiles, value: number): number {
  if (quantiles.length === 1) return value < (quantiles[0] as number) ? 0 : 1;
  const at = quantiles.findIndex((each) => each > value);
  if (at <= 0) return at === 0 ? 0 : 1;
  const [from, to] = [quantiles[at - 1] as number, quantiles[at] as number];
  const [low, high] = [levels[at - 1] as number, levels[at] as number];
  return low + ((high - low) * (value - from)) / (to - from);
}

/** The mean of a distribution. */
export function meanOf(quantiles: Quantiles): number {
  if (quantiles.length === 1) return quantiles[0] as number;
  let sum = 0;
  for (let at = 1; at < levels.length; at += 1) {
    const middle = ((quantiles[at - 1] as number) + (quantiles[at] as number)) / 2;
    sum += middle * ((levels[at] as number) - (levels[at - 1] as number));
  }
  return sum;
}

/** A value with the share of all that it stands for; masses need not add up to 1. */
export interface Weighted {
  readonly value: number;
  readonly mass: number;
}

/** The distribution of values that rise; at least one. The greatest few count by their mean, so that a single one does not stretch the end. */
export function quantilesOfWeighted(rising: readonly Weighted[]): Quantiles {
  const [first] = rising;
  const last = rising.at(-1);
  if (first === undefined || last === undefined) throw new Error("quantiles of nothing");
  if (first.value === last.value) return [first.value];
  let whole = 0;
  for (const { mass } of rising) whole += mass;
  const values: number[] = [];
  let at = 0;
  let before = 0;
  for (const level of levels.slice(0, -1)) {
    const aim = level * whole;
    while (at < rising.length - 1 && before + centre(rising, at) < aim) {
      before += (rising[at] as Weighted).mass;
      at += 1;
    }
    values.push(between(rising, at, (aim - before - centre(rising, at)) / whole, whole));
  }
  const tail = values.at(-1) as number;
  values.push(endOf(rising, tail, whole));
  return values;
}

/** The distribution of plain values, in any order; at least one. */
export function quantilesOf(values: Iterable<number>): Quantiles {
  const rising = [...values].sort((one, other) => one - other);
  return quantilesOfWeighted(rising.map((value) => ({ value, mass: 1 })));
}

const centre = (rising: readonly Weighted[], at: number): number =>
  (rising[at] as Weighted).mass / 2;

/** The value a little before the middle of the mass at `at`: straight between it and the one before. */
function between(rising: readonly Weighted[], at: number, offset: number, whole: number): number {
  const here = rising[at] as Weighted;
  const before = rising[at - 1];
  if (before === undefined || offset >= 0) return here.value;
  const gap = (before.mass + here.mass) / 2 / whole;
  return here.value + (here.value - before.value) * Math.max(offset / gap, -1);
}

/** Where the last stretch must end for its mean to be that of the values in it. */
function endOf(rising: readonly Weighted[], tail: number, whole: number): number {
  const greatest = (rising.at(-1) as Weighted).value;
  let left = (1 - (levels.at(-2) as number)) * whole;
  const all = left;
  let sum = 0;
  for (let at = rising.length - 1; at >= 0 && left > 1e-12 * whole; at -= 1) {
    const { value, mass } = rising[at] as Weighted;
    const part = Math.min(mass, left);
    sum += value * part;
    left -= part;
  }
  return Math.min(Math.max((2 * sum) / all - tail, tail), greatest);
}
