import type { Clock } from "../base/clock.ts";
import type { Metrics } from "../runtime/telemetry/metrics.ts";

/** Measures what the gateway itself adds to one request. Times are monotonic milliseconds. */
export class Overhead {
  readonly #clock: Clock;
  readonly #meters: Metrics["overhead"];
  readonly #readAtMs: number;
  /** When the bytes came that an answer begins with, until they are handed on. */
  #heardAtMs: number | null = null;

  /** `readAtMs`: when the whole request was there. */
  constructor({ clock, metrics }: { clock: Clock; metrics: Metrics }, readAtMs: number) {
    this.#clock = clock;
    this.#meters = metrics.overhead;
    this.#readAtMs = readAtMs;
  }

  /** The request is on its way to its first target. */
  sent(): void {
    this.#meters.request.observe((this.#clock.monotonic() - this.#readAtMs) / 1000);
  }

  /** Bytes came that an answer begins with; undefined where nobody knows when. */
  heard(atMs: number | undefined): void {
    this.#heardAtMs = atMs ?? null;
  }

  /** Bytes of the answer were handed to the client; only the first count. */
  handedOn(): void {
    if (this.#heardAtMs === null) return;
    this.#meters.answer.observe((this.#clock.monotonic() - this.#heardAtMs) / 1000);
    this.#heardAtMs = null;
  }
}
