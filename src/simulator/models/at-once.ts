/** An attempt's time at a target, with the numbers that are kept of it. */
interface Stay {
  readonly fromMs: number;
  readonly toMs: number;
  readonly row: readonly number[];
}

/** Stays that are looked at together; those that ended last are kept back, since what they overlap may not have come yet. */
const most = 2_048;
const keptBack = 512;

/** Tells of each attempt how many were at its target when it was sent, itself among them, from a log in the order in which attempts ended. */
export class AtOnce {
  readonly #give: (atOnce: number, row: readonly number[]) => void;
  #stays: Stay[] = [];
  /** Ends, rising, of stays that were given already and that later ones may overlap. */
  #before: Stay[] = [];

  constructor(give: (atOnce: number, row: readonly number[]) => void) {
    this.#give = give;
  }

  add(stay: Stay): void {
    this.#stays.push(stay);
    if (this.#stays.length >= most) this.#settle(keptBack);
  }

  /** Gives all that is left. */
  end(): void {
    this.#settle(0);
  }

  #settle(keep: number): void {
    const byEnd = this.#stays.toSorted((one, other) => one.toMs - other.toMs);
    const given = byEnd.slice(0, byEnd.length - keep);
    const starts = [...this.#before, ...byEnd]
      .map(({ fromMs }) => fromMs)
      .sort((one, other) => one - other);
    const stops = [...this.#before, ...byEnd]
      .map(({ toMs }) => toMs)
      .sort((one, other) => one - other);
    let begun = 0;
    let over = 0;
    for (const { fromMs, row } of given.toSorted((one, other) => one.fromMs - other.fromMs)) {
      while ((starts[begun] ?? Number.POSITIVE_INFINITY) <= fromMs) begun += 1;
      while ((stops[over] ?? Number.POSITIVE_INFINITY) <= fromMs) over += 1;
      this.#give(Math.max(begun - over, 1), row);
    }
    this.#stays = byEnd.slice(byEnd.length - keep);
    const earliest = Math.min(...this.#stays.map(({ fromMs }) => fromMs));
    this.#before = [...this.#before, ...given].filter(({ toMs }) => toMs > earliest).slice(-most);
  }
}
