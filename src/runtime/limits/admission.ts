import { ConcurrencyBook } from "./concurrency-book.ts";
import type { CounterKey, Held } from "./limit-store.ts";
import { RateLines } from "./rate-lines.ts";
import { Waiter } from "./waiter.ts";
import {
  type AdmissionParts,
  goneAway,
  type TurnedAway,
  type TurnWish,
  type Wish,
} from "./wish.ts";

/** Leave to be sent. */
export interface Pass {
  readonly kind: "pass";
  /** Ends it, once: gives its turns on, and says what each take came to. Rejects with a StoreError where that cannot be kept. */
  end(actual: readonly number[]): Promise<void>;
}

/**
 * Lets requests through against their concurrency, limits and budgets, and lets them wait where they may. Turns come first, in an
 * order that is the same for all, so that what is counted against a limit is sent at once and no two requests wait for each other.
 */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #turns: ConcurrencyBook<Waiter>;
  readonly #lines: RateLines;
  /** Requests that wait for a turn. */
  #waiting = 0;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#turns = new ConcurrencyBook(parts.mostWaiting);
    this.#lines = new RateLines(parts);
  }

  /** Counters at which somebody is at work or waits. */
  get size(): number {
    return this.#turns.size + this.#lines.size;
  }

  /** Requests that wait for a turn or for room. */
  get waiting(): number {
    return this.#waiting + this.#lines.waiting;
  }

  /** Asks for leave; rejects with a StoreError where the counters cannot be read or written. */
  async admit(wish: Wish): Promise<Pass | TurnedAway> {
    const inside: CounterKey[] = [];
    const leave = (): void => {
      for (const counter of inside.splice(0)) this.#leave(counter);
    };
    try {
      for (const turn of wish.turns.toSorted((one, other) => order(one.counter, other.counter))) {
        const away = await this.#turn(turn, wish);
        if (away !== null) {
          leave();
          return away;
        }
        inside.push(turn.counter);
      }
      const given = await this.#lines.take(wish);
      if (given.kind !== "held") {
        leave();
        return given;
      }
      return this.#passOf(given, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  #passOf(given: Held, leave: () => void): Pass {
    const { store, now } = this.#parts;
    return {
      kind: "pass",
      end(actual) {
        leave();
        return given.takes.length === 0 ? Promise.resolve() : store.settle(given, actual, now());
      },
    };
  }

  async #turn({ counter, most, waitMs }: TurnWish, wish: Wish): Promise<TurnedAway | null> {
    if (wish.signal.aborted) return goneAway;
    const { now, timers } = this.#parts;
    const atMs = now();
    const waiter = new Waiter();
    const untilMs = waitMs === null ? null : atMs + waitMs;
    const met = this.#turns.enter(
      { counter, most, caller: wish.caller, size: wish.size, item: waiter, untilMs },
      atMs,
    );
    met.displaced?.end("out");
    if (met.kind === "in") return null;
    const away: TurnedAway = { kind: "turned-away", by: counter, retryAtMs: null };
    if (met.kind === "full") return away;
    this.#waiting += 1;
    const outcome = await waiter.wait({
      ...{ timers, forMs: waitMs ?? 0, signal: wish.signal },
      withdraw: () => this.#turns.withdraw(waiter),
    });
    this.#waiting -= 1;
    if (!wish.signal.aborted) return outcome === "turn" ? null : away;
    if (outcome === "turn") this.#leave(counter);
    return goneAway;
  }

  #leave(counter: CounterKey): void {
    const { admitted, expired } = this.#turns.leave(counter, this.#parts.now());
    for (const waiter of expired) waiter.end("out");
    for (const waiter of admitted) waiter.end("turn");
  }
}

function order(one: CounterKey, other: CounterKey): number {
  if (one.option !== other.option) return one.option < other.option ? -1 : 1;
  if (one.value === other.value) return 0;
  return one.value < other.value ? -1 : 1;
}
