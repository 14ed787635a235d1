/** Something that happens at a moment of virtual time. */
export interface QueuedEvent {
  readonly atMs: number;
  readonly run: () => void;
}

interface Entry extends QueuedEvent {
  readonly order: number;
  /** Place in the heap; -1 once it has left. */
  index: number;
}

/** Events by time, those of one moment in the order they were added; any can be taken out again. */
export class EventQueue {
  readonly #heap: Entry[] = [];
  #added = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Adds an event; what is returned takes it out, and is harmless once it has left. */
  add(atMs: number, run: () => void): () => void {
    const entry: Entry = { atMs, run, order: this.#added, index: this.#heap.length };
    this.#added += 1;
    this.#heap.push(entry);
    this.#rise(entry);
    return () => this.#remove(entry);
  }

  /** When the next event is due; Infinity when there is none. */
  nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Takes out the next event. */
  take(): QueuedEvent | undefined {
    const first = this.#heap[0];
    if (first) this.#remove(first);
    return first;
  }

  #remove(entry: Entry): void {
    if (entry.index < 0) return;
    const last = this.#heap.pop();
    if (last && last !== entry) {
      this.#put(last, entry.index);
      this.#rise(last);
      this.#sink(last);
    }
    entry.index = -1;
  }

  #rise(entry: Entry): void {
    while (entry.index > 0) {
      const parent = this.#heap[(entry.index - 1) >> 1];
      if (!parent || !isBefore(entry, parent)) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.index + 1];
      const right = this.#heap[2 * entry.index + 2];
      const nearer = left && right && isBefore(right, left) ? right : left;
      if (!nearer || !isBefore(nearer, entry)) return;
      this.#swap(entry, nearer);
    }
  }

  #swap(one: Entry, other: Entry): void {
    const { index } = one;
    this.#put(one, other.index);
    this.#put(other, index);
  }

  #put(entry: Entry, index: number): void {
    this.#heap[index] = entry;
    entry.index = index;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
