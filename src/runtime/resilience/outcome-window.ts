const slots = 10;

/** How attempts of the last while ended. */
export interface Outcomes {
  readonly all: number;
  /** Any failure that is not the request's own fault. */
  readonly failed: number;
  /** Of these, those that tell of a broken target rather than of a busy one. */
  readonly broken: number;
}

/** Counts of outcomes over a sliding time, in ten slots. */
export class OutcomeWindow {
  readonly #slotMs: number;
  readonly #all = new Uint32Array(slots);
  readonly #failed = new Uint32Array(slots);
  readonly #broken = new Uint32Array(slots);
  /** Number of the newest slot since time began. */
  #newest = 0;

  constructor(windowMs: number) {
    this.#slotMs = windowMs / slots;
  }

  add(failed: boolean, broken: boolean, atMs: number): void {
    this.#moveTo(atMs);
    const at = this.#newest % slots;
    this.#all[at] = (this.#all[at] ?? 0) + 1;
    if (failed) this.#failed[at] = (this.#failed[at] ?? 0) + 1;
    if (broken) this.#broken[at] = (this.#broken[at] ?? 0) + 1;
  }

  at(atMs: number): Outcomes {
    this.#moveTo(atMs);
    return { all: sum(this.#all), failed: sum(this.#failed), broken: sum(this.#broken) };
  }

  clear(): void {
    for (const counts of [this.#all, this.#failed, this.#broken]) counts.fill(0);
  }

  #moveTo(atMs: number): void {
    const slot = Math.floor(atMs / this.#slotMs);
    if (slot - this.#newest >= slots) this.clear();
    else {
      for (let each = this.#newest + 1; each <= slot; each += 1) {
        for (const counts of [this.#all, this.#failed, this.#broken]) counts[each % slots] = 0;
      }
    }
    this.#newest = Math.max(this.#newest, slot);
  }
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
