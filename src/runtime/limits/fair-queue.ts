/** One place in a queue, given back by who leaves it. */
export interface Place<Item> {
  readonly key: string;
  readonly item: Item;
  /** When it is no longer worth a turn; milliseconds of the clock that the queue is used with. */
  readonly untilMs: number;
  /** What its turn is worth, above 0: tokens. */
  readonly size: number;
}

/** Those of one key that wait, in the order in which they came. */
interface Line<Item> {
  readonly places: Set<Place<Item>>;
  /** Of how much its key has had, as the others count it, when the next of them begins. */
  start: number;
}

/**
 * A bounded queue that is fair over keys by the size of what they wait for: the next is of the key that has had the least, and within a
 * key the first comes first (start-time fair queueing, Goyal et al., 1996). While two keys wait, what they are given differs by no
 * more than the largest of each, so that tiny ones do not stand behind huge ones. Where it is full, the longest line of a key gives up its
 * last place to a key whose line is shorter (longest-queue drop, as in McKenney's "Stochastic fairness queueing", 1990).
 */
export class FairQueue<Item> {
  readonly #most: number;
  /** Those that have had as much as one another in the order of their turns; a line is never empty. */
  readonly #lines = new Map<string, Line<Item>>();
  /** Of keys without a line, where what they had reaches beyond the last turn. */
  readonly #ahead = new Map<string, number>();
  /** Where the last turn began. */
  #now = 0;
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
    for (let next = this.#least(); next !== null; next = this.#least()) {
      const [key, line] = next;
      for (const place of line.places) {
        line.places.delete(place);
        this.#size -= 1;
        if (place.untilMs <= atMs) {
          expired.push(place);
          continue;
        }
        this.#now = line.start;
        line.start += place.size;
        this.#lines.delete(key);
        // To the end of the turns, or out of them.
        if (line.places.size > 0) this.#lines.set(key, line);
        else this.#goAhead(key, line.start);
        return place;
      }
      this.#lines.delete(key);
      this.#goAhead(key, line.start);
    }
    return null;
  }

  /** Leaves the queue; false when it had left before. */
  remove(place: Place<Item>): boolean {
    const { key } = place;
    const line = this.#lines.get(key);
    if (line?.places.delete(place) !== true) return false;
    this.#size -= 1;
    if (line.places.size > 0) return true;
    this.#lines.delete(key);
    this.#goAhead(key, line.start);
    return true;
  }

  #add(place: Place<Item>): void {
    const { key } = place;
    const line = this.#lines.get(key);
    if (line === undefined) {
      const start = Math.max(this.#now, this.#ahead.get(key) ?? 0);
      this.#ahead.delete(key);
      this.#lines.set(key, { places: new Set([place]), start });
    } else line.places.add(place);
    this.#size += 1;
  }

  /** The first line of those that begin the earliest. */
  #least(): [string, Line<Item>] | null {
    let least: [string, Line<Item>] | null = null;
    for (const each of this.#lines)
      if (least === null || each[1].start < least[1].start) least = each;
    return least;
  }

  /** Remembers what a key had, as long as others wait that had less, and for no more keys than may wait. */
  #goAhead(key: string, start: number): void {
    if (this.#size === 0) {
      this.#ahead.clear();
      return;
    }
    this.#ahead.set(key, start);
    if (this.#ahead.size <= this.#most) return;
    for (const [each, had] of this.#ahead) if (had <= this.#now) this.#ahead.delete(each);
    if (this.#ahead.size > this.#most) this.#ahead.clear();
  }

  /** The last place of the longest line; of lines of one length that of the newcomer's key, so that nobody is pushed out in vain. */
  #longest(key: string): Place<Item> | null {
    let longest = this.#lines.get(key)?.places;
    for (const { places } of this.#lines.values())
      if (places.size > (longest?.size ?? 0)) longest = places;
    return longest === undefined ? null : ([...longest].at(-1) ?? null);
  }
}
