/** Parts of a window that are counted apart. */
const parts = 60;

/** A window's counts as plain data: `[part, amount]`, the oldest first. */
export type WindowCounts = readonly (readonly [part: number, amount: number])[];

/** How long one counted part of a window is, in whole milliseconds. */
export function partMs(perMs: number): number {
  return Math.ceil(perMs / parts);
}

/**
 * What was admitted in the last `perMs`, counted in sixty parts of it (Figma, "An alternative approach to rate limiting", 2017).
 * A part counts until its last millisecond has left the window, so that no window of that length ever holds more than is
 * admitted; what is given up is that a place may come free a sixtieth of the window late. Where the clock is set back by more than the
 * window it goes on from the latest part, as if it had stood still; set back by less, it is waited for.
 */
export class RateWindow {
  readonly #perMs: number;
  readonly #partMs: number;
  #counts: [part: number, amount: number][];
  #total = 0;
  /** What the clock was set back by since the first part. */
  #behindMs = 0;

  constructor(perMs: number, counts: WindowCounts = []) {
    this.#perMs = perMs;
    this.#partMs = partMs(perMs);
    this.#counts = counts.map(([part, amount]) => [part, amount]);
    for (const [, amount] of counts) this.#total += amount;
  }

  /** What counts at a moment. */
  used(atMs: number): number {
    this.#forget(atMs);
    return this.#total;
  }

  /** When `amount` more would fit below `most`: `atMs` for now, null for never. */
  roomAt(amount: number, most: number, atMs: number): number | null {
    if (amount > most) return null;
    let over = this.used(atMs) + amount - most;
    if (over <= 0) return atMs;
    for (const [part, counted] of this.#counts) {
      over -= counted;
      if (over <= 0) return this.#endOf(part) + this.#perMs - this.#behindMs;
    }
    return null;
  }

  /** Counts an amount; returns the part that it was counted in. A clock that goes back counts in the latest part. */
  take(amount: number, atMs: number): number {
    const last = this.#counts.at(-1);
    const part = Math.max(Math.floor(this.#timeAt(atMs) / this.#partMs), last?.[0] ?? 0);
    if (last?.[0] === part) last[1] += amount;
    else this.#counts.push([part, amount]);
    this.#total += amount;
    return part;
  }

  /** Changes what was counted in a part, once the real amount is known; a part that has left the window stays forgotten. */
  correct(part: number, difference: number): void {
    const found = this.#counts.find(([each]) => each === part);
    if (found === undefined) return;
    const change = Math.max(difference, -found[1]);
    found[1] += change;
    this.#total += change;
  }

  /** When the last of it leaves the window; 0 when it holds nothing. */
  idleAt(): number {
    const last = this.#counts.at(-1);
    return last === undefined ? 0 : this.#endOf(last[0]) + this.#perMs - this.#behindMs;
  }

  counts(): WindowCounts {
    return this.#counts;
  }

  #endOf(part: number): number {
    return (part + 1) * this.#partMs;
  }

  /** The moment by which parts are numbered. */
  #timeAt(atMs: number): number {
    const last = this.#counts.at(-1);
    const beganMs = last === undefined ? 0 : last[0] * this.#partMs;
    if (beganMs - this.#perMs > atMs + this.#behindMs) this.#behindMs = beganMs - atMs;
    return atMs + this.#behindMs;
  }

  #forget(atMs: number): void {
    const nowMs = this.#timeAt(atMs);
    let gone = 0;
    for (const [part, amount] of this.#counts) {
      if (this.#endOf(part) + this.#perMs > nowMs) break;
      this.#total -= amount;
      gone += 1;
    }
    if (gone > 0) this.#counts.splice(0, gone);
  }
}
