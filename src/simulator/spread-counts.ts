import type { Spread } from "./description.ts";
import { bucketOf } from "./latency-histogram.ts";

/**
 * Counts a measure of requests in buckets of 1.1 %, and tells its quantiles by the mean of what lies in theirs: a round number
 * that many requests share is told as it is.
 */
export class SpreadCounts {
  readonly #buckets = new Map<number, { count: number; sum: number }>();
  #count = 0;

  add(value: number): void {
    this.#count += 1;
    const bucket = bucketOf(value);
    const held = this.#buckets.get(bucket);
    if (held === undefined) this.#buckets.set(bucket, { count: 1, sum: value });
    else {
      held.count += 1;
      held.sum += value;
    }
  }

  /** Null where nothing was added. */
  spread(): Spread | null {
    if (this.#count === 0) return null;
    const [p50 = 0, p95 = 0, p99 = 0] = [0.5, 0.95, 0.99].map((share) => this.#quantile(share));
    return { requests: this.#count, p50, p95, p99 };
  }

  #quantile(share: number): number {
    let left = Math.max(Math.ceil(this.#count * share), 1);
    for (const [, { count, sum }] of [...this.#buckets].toSorted(([a], [b]) => a - b)) {
      left -= count;
      // Without the last digits of binary fractions.
      if (left <= 0) return Number((sum / count).toPrecision(9));
    }
    return 0;
  }
}
