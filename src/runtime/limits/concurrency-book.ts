import { FairQueue, type Place } from "./fair-queue.ts";
import type { CounterKey } from "./limit-store.ts";

/** Requests that may wait at one counter. */
const mostWaiting = 1_000;

/** A wish to be among the requests at work. */
export interface Entry<Item> {
  readonly counter: CounterKey;
  /** Requests at work at once. */
  readonly most: number;
  /** Whom waiting is fair between: callers. */
  readonly caller: string;
  /** What its turn is worth, above 0: tokens. */
  readonly size: number;
  readonly item: Item;
  /** Until when it may wait for its turn; null for not at all. */
  readonly untilMs: number | null;
}

/** How a wish was met. `waits`: its turn comes with a `leave`. */
export interface Entered<Item> {
  readonly kind: "in" | "waits" | "full";
  /** Who was waiting and may no longer, since the queue is full. */
  readonly displaced: Item | null;
}

/** Whose turn it is now, and for whom it comes too late. */
export interface Turns<Item> {
  readonly admitted: readonly Item[];
  readonly expired: readonly Item[];
}

interface Counter<Item> {
  most: number;
  inside: number;
  readonly queue: FairQueue<Item>;
}

/**
 * How many requests are at work by option and value, and who waits for a turn. Pure: whoever drives it tells it when a request
 * ends, and when time is over. A counter lives as long as somebody is inside or waits, so that their number is bounded by that
 * of requests.
 */
export class ConcurrencyBook<Item> {
  readonly #mostWaiting: number;
  readonly #counters = new Map<string, Counter<Item>>();
  readonly #places = new Map<Item, { readonly key: string; readonly place: Place<Item> }>();

  constructor(most = mostWaiting) {
    this.#mostWaiting = most;
  }

  /** Counters with somebody inside or waiting. */
  get size(): number {
    return this.#counters.size;
  }

  enter(entry: Entry<Item>, atMs: number): Entered<Item> {
    const { most, caller, size, item, untilMs } = entry;
    const key = keyText(entry.counter);
    const counter = this.#counters.get(key) ?? {
      ...{ most, inside: 0, queue: new FairQueue<Item>(this.#mostWaiting) },
    };
    counter.most = most;
    // Nobody passes those who wait, even where a place is free for a moment.
    if (counter.inside < most && counter.queue.size === 0) {
      counter.inside += 1;
      this.#counters.set(key, counter);
      return { kind: "in", displaced: null };
    }
    if (untilMs === null || untilMs <= atMs) return { kind: "full", displaced: null };
    const place = { key: caller, item, untilMs, size };
    const out = counter.queue.push(place);
    if (out === place) return { kind: "full", displaced: null };
    this.#counters.set(key, counter);
    this.#places.set(item, { key, place });
    if (out !== null) this.#places.delete(out.item);
    return { kind: "waits", displaced: out?.item ?? null };
  }

  /** A request that was inside has ended. */
  leave(of: CounterKey, atMs: number): Turns<Item> {
    const key = keyText(of);
    const counter = this.#counters.get(key);
    if (counter === undefined) return { admitted: [], expired: [] };
    counter.inside -= 1;
    return this.#next(key, counter, atMs);
  }

  /** A request that waits leaves without its turn; false when it does not wait. */
  withdraw(item: Item): boolean {
    const held = this.#places.get(item);
    if (held === undefined) return false;
    this.#places.delete(item);
    const counter = this.#counters.get(held.key);
    counter?.queue.remove(held.place);
    if (counter !== undefined) this.#forgetIdle(held.key, counter);
    return true;
  }

  inside(of: CounterKey): number {
    return this.#counters.get(keyText(of))?.inside ?? 0;
  }

  waiting(of: CounterKey): number {
    return this.#counters.get(keyText(of))?.queue.size ?? 0;
  }

  #next(key: string, counter: Counter<Item>, atMs: number): Turns<Item> {
    const admitted: Item[] = [];
    const late: Place<Item>[] = [];
    while (counter.inside < counter.most) {
      const place = counter.queue.shift(atMs, late);
      if (place === null) break;
      counter.inside += 1;
      this.#places.delete(place.item);
      admitted.push(place.item);
    }
    for (const { item } of late) this.#places.delete(item);
    this.#forgetIdle(key, counter);
    return { admitted, expired: late.map(({ item }) => item) };
  }

  #forgetIdle(key: string, counter: Counter<Item>): void {
    if (counter.inside === 0 && counter.queue.size === 0) this.#counters.delete(key);
  }
}

/** A line feed cannot stand in an option's id. */
function keyText({ option, value }: CounterKey): string {
  return `${option}\n${value}`;
}
