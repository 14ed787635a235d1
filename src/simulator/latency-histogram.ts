/** Buckets per doubling: a quantile is right within 1.1 %. */
const perDoubling = 64;
const bucketCount = 64 * perDoubling;

/** A histogram as plain data, for another thread. */
export interface HistogramState {
  readonly lowest: number;
  /** From the lowest bucket on that holds anything. */
  readonly counts: Uint32Array;
  readonly total: number;
}

/** Counts durations in buckets that grow with them, so that its size does not. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(bucketCount);
  #total = 0;
  /** The buckets that hold anything lie between these. */
  #lowest = bucketCount - 1;
  #highest = 0;

  /** Adds a duration in milliseconds; from 1 µs to centuries. */
  add(ms: number): void {
    const at = bucketOf(ms);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    if (at < this.#lowest) this.#lowest = at;
    if (at > this.#highest) this.#highest = at;
    this.#total += 1;
  }

  /** Adds all that another one counted, so many times. */
  merge(other: LatencyHistogram, times = 1): void {
    if (times === 0) return;
    for (let bucket = other.#lowest; bucket <= other.#highest; bucket += 1)
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + times * (other.#counts[bucket] ?? 0);
    this.#lowest = Math.min(this.#lowest, other.#lowest);
    this.#highest = Math.max(this.#highest, other.#highest);
    this.#total += times * other.#total;
  }

  state(): HistogramState {
    const counts = this.#counts.slice(this.#lowest, this.#highest + 1);
    return { lowest: this.#lowest, counts, total: this.#total };
  }

  /** Adds all that one of another thread counted. */
  mergeState({ lowest, counts, total }: HistogramState): void {
    if (total === 0) return;
    for (const [index, count] of counts.entries())
      this.#counts[lowest + index] = (this.#counts[lowest + index] ?? 0) + count;
    this.#lowest = Math.min(this.#lowest, lowest);
    this.#highest = Math.max(this.#highest, lowest + counts.length - 1);
    this.#total += total;
  }

  /** How many were added. */
  get count(): number {
    return this.#total;
  }

  /** The duration in milliseconds that a share of all do not exceed; null when there is none. */
  quantile(share: number): number | null {
    if (this.#total === 0) return null;
    let left = Math.max(Math.ceil(this.#total * share), 1);
    for (let bucket = this.#lowest; bucket <= this.#highest; bucket += 1) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) return middleOf(bucket);
    }
    return null;
  }
}

/** The bucket of a value of 0.001 or more; smaller ones lie in the first. */
export function bucketOf(value: number): number {
  const bucket = Math.floor(Math.log2(Math.max(value * 1000, 1)) * perDoubling);
  return Math.min(bucket, bucketCount - 1);
}

function middleOf(bucket: number): number {
  const ms = 2 ** ((bucket + 0.5) / perDoubling) / 1000;
  return Number(ms.toPrecision(4));
}
