import type { TurnWait, TurnWaiter } from "../dispatch/gate.ts";
import { FairQueue, type Place } from "../limits/fair-queue.ts";

/** Requests that may wait for each that is at work, and how many always may. */
const waitingShare = 4;
const leastWaiting = 16;

/** Who is at work at a target with a ceiling on that, and who waits for a turn there, fair between callers. */
export class Turns {
  /** How many may be at work; null for any number. A reload may change it. */
  readonly #most: () => number | null;
  #queue = new FairQueue<TurnWaiter>(0);
  #size = 0;
  /** A turn is being given: who asks now is whose turn it is. */
  #giving = false;

  constructor(most: () => number | null) {
    this.#most = most;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Whether one more has to wait; nobody passes those who do. */
  isFull(atWork: number): boolean {
    const most = this.#most();
    if (most === null) return false;
    return atWork >= most || (this.#queue.size > 0 && !this.#giving);
  }

  /** Waits in the queue, or is sent away; what is returned leaves it. */
  wait({ caller, size, untilMs }: TurnWait, waiter: TurnWaiter): () => void {
    this.#resize();
    const place: Place<TurnWaiter> = { key: caller, item: waiter, untilMs, size };
    this.#queue.push(place)?.item.away();
    return () => void this.#queue.remove(place);
  }

  /** Gives turns as long as there is room: somebody may have ended. */
  next(atWork: () => number, atMs: number): void {
    // A turn that ends at once leads here again: the loop that gave it goes on.
    if (this.#giving) return;
    // Who waited for too long hears that from an alarm of its own.
    const late: Place<TurnWaiter>[] = [];
    while (this.#queue.size > 0 && atWork() < (this.#most() ?? Number.POSITIVE_INFINITY)) {
      const place = this.#queue.shift(atMs, late);
      if (place === null) return;
      this.#giving = true;
      try {
        place.item.turn();
      } finally {
        this.#giving = false;
      }
    }
  }

  /** The room to wait in follows the ceiling, from when nobody waits. */
  #resize(): void {
    const size = Math.max(leastWaiting, waitingShare * (this.#most() ?? 0));
    if (size === this.#size || this.#queue.size > 0) return;
    this.#size = size;
    this.#queue = new FairQueue(size);
  }
}
