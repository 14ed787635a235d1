import { type AccountState, BudgetAccount } from "./budget-account.ts";
import { sharedValue } from "./counter-value.ts";
import {
  type Held,
  type HeldTake,
  type Refused,
  type Standing,
  type Take,
  type WindowKey,
  windowOf,
  windowText,
} from "./limit-store.ts";
import { RateWindow, type WindowCounts } from "./rate-window.ts";

/** Counters that are kept at most. */
const mostCounters = 100_000;

/** How often a full book looks for counters that are idle, in milliseconds. */
const sweepEveryMs = 1_000;

/** A counter as it is kept. */
export type CounterState =
  | { readonly kind: "rate"; readonly perMs: number; readonly counts: WindowCounts }
  | { readonly kind: "budget"; readonly per: BudgetPer; readonly account: AccountState };

type BudgetPer = Extract<Take, { readonly kind: "budget" }>["per"];

type Counter =
  | { readonly kind: "rate"; readonly perMs: number; readonly window: RateWindow }
  | { readonly kind: "budget"; readonly per: BudgetPer; readonly account: BudgetAccount };

export interface LimitBookParts {
  /** Ids of what is held begin with it: no two books of a store have the same. */
  readonly prefix: string;
  readonly mostCounters?: number;
  /** Told of each counter that is forgotten because nothing in it counts any more. */
  readonly forgotten?: (key: WindowKey) => void;
}

/**
 * The counters of limits and budgets in memory, each by its option, window and value. Their number is bounded: idle ones are forgotten, and
 * when there is still no room for a new one its requests are counted together with those of all other new values of the option.
 * That way nobody gets a fresh budget by crowding the book, and those who have a counter keep it.
 */
export class LimitBook {
  readonly #parts: LimitBookParts;
  readonly #most: number;
  readonly #counters = new Map<string, Counter>();
  readonly #open = new Set<string>();
  #count = 0;
  #nextSweepMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LimitBookParts) {
    this.#parts = parts;
    this.#most = parts.mostCounters ?? mostCounters;
  }

  get size(): number {
    return this.#counters.size;
  }

  /** What was taken and is not settled yet. */
  get open(): number {
    return this.#open.size;
  }

  admit(asked: readonly Take[], atMs: number): Held | Refused {
    const takes = asked.map((take) => this.#placed(take, atMs));
    const wanted = new Map<string, number>();
    for (const [index, take] of takes.entries()) {
      // Two takes of one counter must fit together.
      const key = keyText(take);
      const amount = take.amount + (wanted.get(key) ?? 0);
      wanted.set(key, amount);
      const retryAtMs = this.#roomAt(take, amount, atMs);
      if (retryAtMs === null || retryAtMs > atMs) return { kind: "refused", index, retryAtMs };
    }
    this.#count += 1;
    const id = `${this.#parts.prefix}${this.#count}`;
    this.#open.add(id);
    return { kind: "held", id, takes: takes.map((take) => this.#take(take, atMs)) };
  }

  /** Says what each take came to; false when that had been said before. */
  settle({ id, takes }: Held, actual: readonly number[]): boolean {
    if (!this.#open.delete(id)) return false;
    for (const [index, { take, place }] of takes.entries()) {
      const counter = this.#counters.get(keyText(take));
      const spent = actual[index] ?? take.amount;
      if (counter?.kind === "rate") counter.window.correct(place, spent - take.amount);
      else counter?.account.settle(place, take.amount, spent);
    }
    return true;
  }

  standing(take: Take, atMs: number): Standing {
    const own = this.#counters.get(keyText(take));
    const isCrowded = own === undefined && this.#counters.size >= this.#most;
    const counter = isCrowded ? this.#counters.get(keyText({ ...take, value: sharedValue })) : own;
    if (counter === undefined) return { reserved: 0, settled: 0 };
    if (counter.kind === "rate") return { reserved: 0, settled: counter.window.used(atMs) };
    counter.account.used(atMs);
    const { reserved, settled } = counter.account.state();
    return { reserved, settled };
  }

  /** A counter as plain data; null when there is none. */
  state(key: WindowKey): CounterState | null {
    const counter = this.#counters.get(windowText(key));
    if (counter === undefined) return null;
    if (counter.kind === "rate")
      return { kind: "rate", perMs: counter.perMs, counts: counter.window.counts() };
    return { kind: "budget", per: counter.per, account: counter.account.state() };
  }

  /** Takes a kept counter up again. */
  restore(key: WindowKey, state: CounterState): void {
    this.#counters.set(windowText(key), counterOf(state));
  }

  #take(take: Take, atMs: number): HeldTake {
    const counter = this.#counterOf(take);
    const place =
      counter.kind === "rate"
        ? counter.window.take(take.amount, atMs)
        : counter.account.reserve(take.amount, atMs);
    return { take, place };
  }

  #roomAt(take: Take, amount: number, atMs: number): number | null {
    const counter = this.#counters.get(keyText(take)) ?? freshCounter(take);
    return counter.kind === "rate"
      ? counter.window.roomAt(amount, take.most, atMs)
      : counter.account.roomAt(amount, take.most, atMs);
  }

  #counterOf(take: Take): Counter {
    const key = keyText(take);
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = freshCounter(take);
      this.#counters.set(key, counter);
    }
    return counter;
  }

  /** A take with the value whose counter it has: its own, or where the book is full the one that is shared. */
  #placed(take: Take, atMs: number): Take {
    if (this.#counters.has(keyText(take))) return take;
    if (this.#counters.size >= this.#most) this.#sweep(atMs);
    return this.#counters.size < this.#most ? take : { ...take, value: sharedValue };
  }

  #sweep(atMs: number): void {
    if (atMs < this.#nextSweepMs) return;
    this.#nextSweepMs = atMs + sweepEveryMs;
    for (const [text, counter] of this.#counters) {
      const idleAtMs = counter.kind === "rate" ? counter.window.idleAt() : counter.account.idleAt();
      if (idleAtMs > atMs) continue;
      this.#counters.delete(text);
      this.#parts.forgotten?.(keyOf(text));
    }
  }
}

/** When nothing of a counter counts any more, in epoch milliseconds. */
export function idleAt(state: CounterState): number {
  const counter = counterOf(state);
  return counter.kind === "rate" ? counter.window.idleAt() : counter.account.idleAt();
}

function counterOf(state: CounterState): Counter {
  return state.kind === "rate"
    ? { kind: "rate", perMs: state.perMs, window: new RateWindow(state.perMs, state.counts) }
    : { kind: "budget", per: state.per, account: new BudgetAccount(state.per, state.account) };
}

function freshCounter(take: Take): Counter {
  return take.kind === "rate"
    ? { kind: "rate", perMs: take.perMs, window: new RateWindow(take.perMs) }
    : { kind: "budget", per: take.per, account: new BudgetAccount(take.per) };
}

const keyText = (take: Take): string => windowText(windowOf(take));

function keyOf(text: string): WindowKey {
  const [option = "", window = "", ...value] = text.split("\n");
  return { option, window, value: value.join("\n") };
}
