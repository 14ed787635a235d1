import type { Description } from "./description.ts";

/** Stretches of time that are counted; when there are more, each becomes the next longer one. */
const mostStretches = 4096;

/** Lengths of stretches in seconds, each a multiple of the one before: up to a day, and then twice as long each time. */
const lengths = [1, 2, 10, 30, 60, 120, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];

/** The earliest moment that is told as a date: what is earlier counts from a zero of the log's own. */
const firstDateMs = Date.UTC(2000, 0);

/** Counts requests by when they came in, over any span, in bounded memory. */
export class RateCounts {
  #counts = new Map<number, number>();
  #stretchMs = 1_000;
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = Number.NEGATIVE_INFINITY;
  #requests = 0;

  /** Adds a request that came in at a moment, in milliseconds. */
  add(atMs: number): void {
    this.#requests += 1;
    this.#fromMs = Math.min(this.#fromMs, atMs);
    this.#toMs = Math.max(this.#toMs, atMs);
    const stretch = Math.floor(atMs / this.#stretchMs);
    this.#counts.set(stretch, (this.#counts.get(stretch) ?? 0) + 1);
    while (this.#counts.size > mostStretches) this.#widen();
  }

  #widen(): void {
    const longer = lengths.find((each) => each * 1_000 > this.#stretchMs);
    const times = longer === undefined ? 2 : (longer * 1_000) / this.#stretchMs;
    const counts = new Map<number, number>();
    for (const [stretch, count] of this.#counts) {
      const wider = Math.floor(stretch / times);
      counts.set(wider, (counts.get(wider) ?? 0) + count);
    }
    this.#counts = counts;
    this.#stretchMs *= times;
  }

  span(): Omit<Description["time"], "dated"> {
    if (this.#requests === 0) return { from: null, to: null, seconds: null };
    const isDated = this.#fromMs >= firstDateMs;
    return {
      from: isDated ? new Date(this.#fromMs).toISOString() : null,
      to: isDated ? new Date(this.#toMs).toISOString() : null,
      seconds: (this.#toMs - this.#fromMs) / 1_000,
    };
  }

  rates(): Description["rate"] {
    const seconds = (this.#toMs - this.#fromMs) / 1_000;
    if (this.#requests < 2 || seconds <= 0) return null;
    const stretch = this.#stretchMs / 1_000;
    let busiest = 0;
    for (const count of this.#counts.values()) busiest = Math.max(busiest, count);
    return {
      mean: this.#requests / seconds,
      busiest: busiest / stretch,
      busiestOverSeconds: stretch,
    };
  }
}
