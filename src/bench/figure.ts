/** One measured figure, as `signalbox bench --json` prints it. */
export interface Figure {
  readonly name: string;
  /** Median over the runs. */
  readonly value: number;
  readonly unit: string;
  /** Name of the figure it was measured against, in the same run. */
  readonly ratioTo?: string;
  /** Median of the ratios taken run by run. */
  readonly ratio?: number;
  readonly runs: number;
  /** Smallest and largest value over the runs. */
  readonly spread: readonly [number, number];
}

export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly ratioTo?: string;
  readonly ratios?: readonly number[];
}

/** The middle value; the mean of the two middle ones for an even count; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Sums measured values up to a figure. */
export function figureOf({ name, unit, values, ratioTo, ratios }: Measured): Figure {
  return {
    name,
    value: median(values),
    unit,
    ...(ratioTo === undefined ? {} : { ratioTo }),
    ...(ratios === undefined ? {} : { ratio: median(ratios) }),
    runs: values.length,
    spread: [Math.min(...values), Math.max(...values)],
  };
}
