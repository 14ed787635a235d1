/** Something at a moment of virtual time. */
export interface Timed<Item> {
  readonly atMs: number;
  readonly item: Item;
}

interface Entry<Item> extends Timed<Item> {
  readonly order: number;
  /** Place in the heap; -1 once it has left. */
  index: number;
}

/** Items by time, those of one moment in the order they were added; any can be taken out again. */
export class EventQueue<Item> {
  readonly #heap: Entry<Item>[] = [];
  #added = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Adds an item; what is returned takes it out, and is harmless once it has left. */
  add(atMs: number, item: Item): () => void {
    const entry: Entry<Item> = { atMs, item, order: this.#added, index: this.#heap.length };
    this.#added += 1;
    this.#heap.push(entry);
    this.#rise(entry);
    return () => this.#remove(entry);
  }

  /** When the next is due; Infinity when there is none. */
  nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Takes out the next. */
  take(): Timed<Item> | undefined {
    const first = this.#heap[0];
    if (first) this.#remove(first);
    return first;
  }

  #remove(entry: Entry<Item>): void {
    if (entry.index < 0) return;
    const last = this.#heap.pop();
    if (last && last !== entry) {
      this.#put(last, entry.index);
      this.#rise(last);
      this.#sink(last);
    }
    entry.index = -1;
  }

  #rise(entry: Entry<Item>): void {
    while (entry.index > 0) {
      const parent = this.#heap[(entry.index - 1) >> 1];
      if (!parent || !isBefore(entry, parent)) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry<Item>): void {
    for (;;) {
      const left = this.#heap[2 * entry.index + 1];
      const right = this.#heap[2 * entry.index + 2];
      const nearer = left && right && isBefore(right, left) ? right : left;
      if (!nearer || !isBefore(nearer, entry)) return;
      this.#swap(entry, nearer);
    }
  }

  #swap(one: Entry<Item>, other: Entry<Item>): void {
    const { index } = one;
    this.#put(one, other.index);
    this.#put(other, index);
  }

  #put(entry: Entry<Item>, index: number): void {
    this.#heap[index] = entry;
    entry.index = index;
  }
}

function isBefore(one: Entry<unknown>, other: Entry<unknown>): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
