/**
 * So many attempts in a period, refilled as time passes (a token bucket, as providers describe their limits of rates); full at the beginning.
 * Times are milliseconds.
 */
export class TokenBucket {
  readonly #most: number;
  readonly #perMs: number;
  #left: number;
  #atMs = Number.NEGATIVE_INFINITY;

  constructor(most: number, perMs: number) {
    this.#most = Math.max(most, 1);
    this.#perMs = most / perMs;
    this.#left = this.#most;
  }

  /** Takes one at a moment: 0 where it is taken, else for how long there is none. */
  take(atMs: number): number {
    if (this.#atMs !== Number.NEGATIVE_INFINITY)
      this.#left = Math.min(this.#most, this.#left + Math.max(atMs - this.#atMs, 0) * this.#perMs);
    this.#atMs = Math.max(this.#atMs, atMs);
    // What adding up fractions leaves out is no reason to refuse.
    if (this.#left >= 1 - 1e-9) {
      this.#left -= 1;
      return 0;
    }
    return (1 - this.#left) / this.#perMs;
  }
}
