import { quantileAt, quantilesOf } from "./quantiles.ts";
import { Reservoir } from "./reservoir.ts";

const msPerMinute = 60_000;
/** Minutes counted at once: a log's lines stand in the order in which requests ended. */
const openMinutes = 64;
const keptMinutes = 4_096;

interface Minute {
  asked: number;
  refused: number;
}

/** Counts a target's attempts, and its 429s, by minute, to tell a limit of its rate from refusals that come anyhow. */
export class MinuteCounts {
  readonly #open = new Map<number, Minute>();
  readonly #closed: Reservoir;

  constructor(seed: string) {
    this.#closed = new Reservoir(2, keptMinutes, seed);
  }

  add(atMs: number, isRefused: boolean): void {
    const at = Math.floor(atMs / msPerMinute);
    let minute = this.#open.get(at);
    if (minute === undefined) {
      minute = { asked: 0, refused: 0 };
      this.#open.set(at, minute);
      if (this.#open.size > openMinutes) this.#closeFirst();
    }
    minute.asked += 1;
    if (isRefused) minute.refused += 1;
  }

  /** Attempts a minute beyond which the target refuses; null where its refusals do not look like such a limit. */
  limit(): number | null {
    const closed = this.#closed.rows().map(([asked = 0, refused = 0]) => ({ asked, refused }));
    const minutes = [...closed, ...this.#open.values()];
    const refusing = minutes.filter(({ refused }) => refused > 0);
    const others = minutes.filter(({ refused }) => refused === 0);
    if (refusing.length < 3) return null;
    const accepted = quantilesOf(refusing.map(({ asked, refused }) => asked - refused));
    const asked = quantilesOf(refusing.map((minute) => minute.asked));
    // After a refusal we hold a target off, so that fewer may have been taken than it would have.
    const limit = quantileAt(accepted, 0.9);
    if (limit < 2 || limit > 1.2 * quantileAt(accepted, 0.5)) return null;
    if (quantileAt(asked, 0.5) <= 1.02 * limit) return null;
    const beyond = others.filter((minute) => minute.asked > 1.1 * limit).length;
    return beyond > 0.05 * others.length ? null : Math.round(limit);
  }

  #closeFirst(): void {
    const first = Math.min(...this.#open.keys());
    const minute = this.#open.get(first);
    this.#open.delete(first);
    if (minute !== undefined) this.#closed.add(minute.asked, minute.refused);
  }
}
