import { defaultLaneLimits } from "../../runtime/batch/limits.ts";
import { type Quantiles, quantilesOf } from "./quantiles.ts";
import { Reservoir } from "./reservoir.ts";

/** Batches of which the times are kept. */
const kept = 1_024;

/** Batches whose lines are told from those of others: lines of one end together. */
const mostOpen = 64;

/** Longer than that no provider works on a batch. */
const longestMs = 2 * 86_400_000;

/** Learns how long a target's batches take, each counted once however many lines it has, in bounded memory. */
export class BatchFitter {
  readonly #times: Reservoir;
  /** When the latest were begun, on the log's clock. */
  readonly #begun = new Set<number>();

  constructor(name: string) {
    this.#times = new Reservoir(1, kept, `batches ${name}`);
  }

  /** Takes what a line tells that a batch has answered. */
  add(begunAtMs: number, tookMs: number): void {
    if (!(tookMs >= 0 && tookMs <= longestMs) || this.#begun.has(begunAtMs)) return;
    if (this.#begun.size >= mostOpen)
      for (const oldest of this.#begun) {
        this.#begun.delete(oldest);
        break;
      }
    if (!Number.isNaN(begunAtMs)) this.#begun.add(begunAtMs);
    this.#times.add(endedAfter(tookMs));
  }

  /** From its making to its end; null where no batch was seen. */
  fit(): Quantiles | null {
    if (this.#times.size === 0) return null;
    return quantilesOf(this.#times.rows().map((row) => row[0] ?? 0));
  }
}

/**
 * When a batch had ended that the gateway found so after a time. It looks at growing distances, and the end lies anywhere since the look
 * before: the middle is taken, so that a look at the same distances finds it when it was found.
 */
function endedAfter(foundMs: number): number {
  const { pollFirstMs, pollMostMs } = defaultLaneLimits;
  let [before, at, waitMs] = [0, 0, pollFirstMs];
  while (at + waitMs <= foundMs) {
    before = at;
    at += waitMs;
    waitMs = Math.min(waitMs * 2, pollMostMs);
  }
  return at === 0 ? foundMs : (before + at) / 2;
}
