/** One place in a queue, given back by who leaves it. */
export interface Place<Item> {
  readonly key: string;
  readonly item: Item;
  /** When it is no longer worth a turn; milliseconds of the clock that the queue is used with. */
  readonly untilMs: number;
}

/**
 * A bounded queue that is fair over keys: they take turns, and within a key the first comes first, so that of k keys that wait each
 * is served within k turns. Where it is full, the longest line of a key gives up its last place to a key whose line is shorter
 * (longest-queue drop, as in McKenney's "Stochastic fairness queueing", 1990): one key alone never keeps others out.
 */
export class FairQueue<Item> {
  readonly #most: number;
  /** In the order of their turns; a line is never empty. */
  readonly #lines = new Map<string, Set<Place<Item>>>();
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  /** Waits; the place that was pushed out is returned, which may be the new one itself. */
  push(place: Place<Item>): Place<Item> | null {
    this.#add(place);
    if (this.#size <= this.#most) return null;
    const last = this.#longest(place.key);
    if (last !== null) this.remove(last);
    return last;
  }

  /** The next in turn that is still worth it; `expired` get those that were not. */
  shift(atMs: number, expired: Place<Item>[]): Place<Item> | null {
    for (const [key, line] of this.#lines) {
      for (const place of line) {
        line.delete(place);
        this.#size -= 1;
        if (place.untilMs <= atMs) {
          expired.push(place);
          continue;
        }
        // To the end of the turns, or out of them.
        this.#lines.delete(key);
        if (line.size > 0) this.#lines.set(key, line);
        return place;
      }
      this.#lines.delete(key);
    }
    return null;
  }

  /** Leaves the queue; false when it had left before. */
  remove(place: Place<Item>): boolean {
    const line = this.#lines.get(place.key);
    if (line?.delete(place) !== true) return false;
    this.#size -= 1;
    if (line.size === 0) this.#lines.delete(place.key);
    return true;
  }

  #add(place: Place<Item>): void {
    const line = this.#lines.get(place.key);
    if (line === undefined) this.#lines.set(place.key, new Set([place]));
    else line.add(place);
    this.#size += 1;
  }

  /** The last place of the longest line; of lines of one length that of the newcomer's key, so that nobody is pushed out in vain. */
  #longest(key: string): Place<Item> | null {
    let longest = this.#lines.get(key);
    for (const line of this.#lines.values()) if (line.size > (longest?.size ?? 0)) longest = line;
    return longest === undefined ? null : ([...longest].at(-1) ?? null);
  }
}
