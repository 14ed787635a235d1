import type { HealthSettings } from "../configuration/configuration.ts";
import { Breaker } from "../runtime/resilience/breaker.ts";

/** How a question ended: in its time, too late, or so that it tells nothing of the time that its target takes. */
export type Came = "in-time" | "late" | "untold";

/**
 * Leaves targets alone for a while that let the time run out again and again, then sends one question to see. It is for what has less
 * time than a request: to be too slow for that is no fault that other requests should avoid a target for. Times are monotonic.
 */
export class Impatience {
  readonly #settings: () => HealthSettings;
  readonly #random: () => number;
  /** By target: as many as configurations have named. */
  readonly #breakers = new Map<string, Breaker>();

  /** `settings`: those in force. `random`: uniform in [0, 1). */
  constructor(settings: () => HealthSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  /** Whether a target is left alone. */
  spares(target: string, atMs: number): boolean {
    return this.#breakers.get(target)?.state(atMs) === "open";
  }

  /** A question is sent; what is returned is told once how it ended. */
  sent(target: string, atMs: number): (came: Came, atMs: number) => void {
    const breaker = this.#breakers.get(target) ?? new Breaker(this.#settings, this.#random);
    this.#breakers.set(target, breaker);
    const probe = breaker.sent(atMs);
    return (came, endedAtMs) => {
      if (came === "in-time") breaker.answered(probe, endedAtMs);
      else if (came === "late") breaker.failed(probe, false, endedAtMs);
      else breaker.withdrawn(probe);
    };
  }
}
