/** Where a session stays, and until when, in milliseconds since the epoch. */
export interface Stuck {
  readonly target: string;
  readonly untilMs: number;
}

/** Enough for the sessions of a busy hour; those not heard of for longest go first. */
const mostKept = 50_000;

/** A loop of tools that is never finished does not hold its target for ever. */
const longestHoldMs = 24 * 60 * 60 * 1_000;

/** Which target the last request of each session was answered by, in memory. */
export class StuckTargets {
  readonly #stuck = new Map<string, Stuck>();

  has(key: string): boolean {
    return this.#stuck.has(key);
  }

  /** Where a key stays; null where it is free to go: after its time, but then at a safe point alone. */
  find(key: string, atMs: number, isSafe: boolean): string | null {
    const stuck = this.#stuck.get(key);
    if (stuck === undefined) return null;
    const untilMs = isSafe ? stuck.untilMs : stuck.untilMs + longestHoldMs;
    return atMs < untilMs ? stuck.target : null;
  }

  keep(key: string, stuck: Stuck): void {
    this.#stuck.delete(key);
    this.#stuck.set(key, stuck);
    if (this.#stuck.size <= mostKept) return;
    for (const oldest of this.#stuck.keys()) {
      this.#stuck.delete(oldest);
      break;
    }
  }
}
