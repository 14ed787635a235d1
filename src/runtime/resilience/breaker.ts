import type { HealthSettings } from "../../configuration/configuration.ts";

export type BreakerState = "closed" | "open" | "half-open";

/**
 * A circuit breaker whose probes are real requests, one at a time. What comes of an attempt that was sent before it opened
 * changes nothing: only its probe closes it. Times are monotonic milliseconds.
 */
export class Breaker {
  readonly #settings: () => HealthSettings;
  readonly #random: () => number;
  #inARow = 0;
  /** How often it opened since it was last forgiven. */
  #openings = 0;
  #open = false;
  /** Whether it is open because another gateway's is. */
  #heard = false;
  #until = 0;
  #probing = false;
  #closedAtMs = Number.NEGATIVE_INFINITY;

  constructor(settings: () => HealthSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  /** Whether it is open or half open. */
  get isOpen(): boolean {
    return this.#open;
  }

  get isHeard(): boolean {
    return this.#open && this.#heard;
  }

  /** Another gateway's is open for so long; true where that opened this one. It is closed by a probe of its own. */
  hear(forMs: number, atMs: number): boolean {
    if (this.#open) return false;
    this.#open = true;
    this.#heard = true;
    this.#until = atMs + Math.min(forMs, this.#longestOpenMs());
    return true;
  }

  state(atMs: number): BreakerState {
    if (!this.#open) return "closed";
    return atMs < this.#until || this.#probing ? "open" : "half-open";
  }

  /** How long until a probe may be sent; 0 where one may, or where one is under way and will tell. */
  waitMs(atMs: number): number {
    return this.#open ? Math.max(0, this.#until - atMs) : 0;
  }

  /** When it last closed again; minus infinity where it never opened. */
  get closedAtMs(): number {
    return this.#closedAtMs;
  }

  /** An attempt is sent; true where it is the probe. */
  sent(atMs: number): boolean {
    if (this.state(atMs) !== "half-open") return false;
    this.#probing = true;
    return true;
  }

  /** An attempt was answered; true where that closed the breaker. */
  answered(probe: boolean, atMs: number): boolean {
    if (!this.#open) this.#inARow = 0;
    if (!probe) return false;
    this.#probing = false;
    this.#open = false;
    this.#inARow = 0;
    this.#closedAtMs = atMs;
    return true;
  }

  /** An attempt failed, in a window with too many failures or not; true where that opened the breaker. */
  failed(probe: boolean, tooMany: boolean, atMs: number): boolean {
    if (probe) {
      this.#probing = false;
      this.#openAt(atMs);
      return true;
    }
    if (this.#open) return false;
    this.#inARow += 1;
    if (this.#inARow < this.#settings().consecutive && !tooMany) return false;
    if (atMs - this.#closedAtMs >= this.#settings().forgiveMs) this.#openings = 0;
    this.#openAt(atMs);
    return true;
  }

  /** An attempt ended without telling anything of the target. */
  withdrawn(probe: boolean): void {
    if (probe) this.#probing = false;
  }

  #longestOpenMs(): number {
    const { longestOpenMs, openJitter } = this.#settings();
    return longestOpenMs * (1 + openJitter);
  }

  #openAt(atMs: number): void {
    const { openMs, longestOpenMs, openJitter } = this.#settings();
    const ceiling = Math.min(longestOpenMs, openMs * 2 ** Math.min(this.#openings, 30));
    this.#openings += 1;
    this.#open = true;
    this.#heard = false;
    this.#until = atMs + ceiling * (1 + openJitter * this.#random());
  }
}
