/**
 * An exponentially weighted moving average by time. A peak average jumps to a larger sample at once and forgets it slowly
 * (Finagle's peak EWMA), so that a slowdown is seen with its first sign.
 */
export class Average {
  readonly #memoryMs: number;
  readonly #staleMs: number;
  readonly #peak: boolean;
  #value = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  constructor({ memoryMs, staleMs }: { memoryMs: number; staleMs: number }, peak = false) {
    this.#memoryMs = memoryMs;
    this.#staleMs = staleMs;
    this.#peak = peak;
  }

  add(sample: number, atMs: number): void {
    const isFirst = atMs - this.#atMs > this.#staleMs;
    if (isFirst || (this.#peak && sample > this.#value)) this.#value = sample;
    else {
      const kept = Math.exp((this.#atMs - atMs) / this.#memoryMs);
      this.#value = this.#value * kept + sample * (1 - kept);
    }
    this.#atMs = atMs;
  }

  /** Undefined where nothing was added for too long. */
  at(atMs: number): number | undefined {
    return atMs - this.#atMs > this.#staleMs ? undefined : this.#value;
  }
}
