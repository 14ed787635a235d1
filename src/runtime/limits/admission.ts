import { Asker } from "./asker.ts";
import { ConcurrencyBook } from "./concurrency-book.ts";
import type { CounterKey, Held } from "./limit-store.ts";
import { OneByOne } from "./one-by-one.ts";
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
  /**
   * Ends it, once: says what each take came to, and gives its turns on. All of it is done when this returns; a store that keeps
   * things for longer returns a promise, of the kind that `LimitStore.settle` does.
   */
  end(actual: readonly number[]): Promise<void> | undefined;
}

/** Hears once what came of asking for leave. What it throws reaches whoever caused it to be told, after all others have been. */
export interface AdmitTold {
  answered(answer: Pass | TurnedAway): void;
  /** A StoreError where the counters cannot be read or written. */
  failed(error: unknown): void;
}

/** A request that asks for its turns. */
interface Entrant {
  readonly asker: Asker;
  readonly told: AdmitTold;
  /** In the order in which they are asked for. */
  readonly turns: readonly TurnWish[];
  /** Counters at which it has its turn. */
  readonly inside: CounterKey[];
}

/**
 * Lets requests through against their concurrency, limits and budgets, and lets them wait where they may. Turns come first, in an
 * order that is the same for all, so that what is counted against a limit is sent at once and no two requests wait for each other.
 * Nothing here is a promise but what a store answers, so that it runs on a clock of any kind.
 */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #calls = new OneByOne();
  readonly #turns: ConcurrencyBook<Waiter>;
  readonly #lines: RateLines;
  /** Requests that wait for a turn. */
  #waiting = 0;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#turns = new ConcurrencyBook(parts.mostWaiting);
    this.#lines = new RateLines(parts, this.#calls);
  }

  /** Counters at which somebody is at work or waits. */
  get size(): number {
    return this.#turns.size + this.#lines.size;
  }

  /** Requests that wait for a turn or for room. */
  get waiting(): number {
    return this.#waiting + this.#lines.waiting;
  }

  /**
   * Asks for leave; it is told before this returns where the store answers at once and nobody has to wait. What is returned ends
   * the waiting: `gone` is told then, as soon as what was taken meanwhile is given back. Once it was told it does nothing.
   */
  admit(wish: Wish, told: AdmitTold): () => void {
    const asker = new Asker(wish);
    const { turns } = wish;
    const sorted = turns.length > 1 ? turns.toSorted(inOrder) : turns;
    this.#goOn({ asker, told, turns: sorted, inside: [] });
    return () => asker.leave();
  }

  /** Asks for the turns that are left, and then for all that is to be taken. */
  #goOn(entrant: Entrant): void {
    const { asker, told, turns, inside } = entrant;
    for (let turn = turns[inside.length]; turn !== undefined; turn = turns[inside.length])
      if (!this.#enter(turn, entrant)) return;
    this.#lines.take(asker, {
      given: (given) => {
        if (given.kind === "held") told.answered(this.#passOf(given, inside));
        else this.#turnAway(entrant, given);
      },
      failed: (error) => {
        this.#leave(inside);
        told.failed(error);
      },
    });
  }

  #passOf(given: Held, inside: CounterKey[]): Pass {
    const { store, now } = this.#parts;
    return {
      kind: "pass",
      end: (actual) => {
        try {
          // Those whose turn comes find what is left.
          return given.takes.length === 0 ? undefined : store.settle(given, actual, now());
        } finally {
          this.#leave(inside);
        }
      },
    };
  }

  #turnAway({ told, inside }: Entrant, away: TurnedAway): void {
    this.#leave(inside);
    told.answered(away);
  }

  /** Whether it has its turn at once. Else it waits, or was turned away. */
  #enter({ counter, most, waitMs }: TurnWish, entrant: Entrant): boolean {
    const { asker, inside } = entrant;
    const { caller, size } = asker.wish;
    const { now, timers } = this.#parts;
    const atMs = now();
    const waiter = new Waiter(this.#calls);
    const untilMs = waitMs === null ? null : atMs + waitMs;
    const met = this.#turns.enter({ counter, most, caller, size, item: waiter, untilMs }, atMs);
    if (met.kind === "in") {
      inside.push(counter);
      return true;
    }
    const away: TurnedAway = { kind: "turned-away", by: counter, retryAtMs: null };
    if (met.kind === "full") {
      this.#turnAway(entrant, away);
      return false;
    }
    this.#waiting += 1;
    asker.waiter = waiter;
    waiter.wait({
      ...{ timers, forMs: waitMs ?? 0 },
      withdraw: () => this.#turns.withdraw(waiter),
      ended: (outcome) => {
        this.#waiting -= 1;
        asker.waiter = null;
        if (outcome === "turn") inside.push(counter);
        if (asker.isGone) this.#turnAway(entrant, goneAway);
        else if (outcome === "turn") this.#goOn(entrant);
        else this.#turnAway(entrant, away);
      },
    });
    met.displaced?.end("out");
    return false;
  }

  /** Gives turns on, once. */
  #leave(inside: CounterKey[]): void {
    const atMs = this.#parts.now();
    const given = inside.splice(0).map((counter) => this.#turns.leave(counter, atMs));
    if (given.every(({ admitted, expired }) => admitted.length + expired.length === 0)) return;
    this.#calls.run(() => {
      for (const { admitted, expired } of given) {
        for (const waiter of expired) waiter.end("out");
        for (const waiter of admitted) waiter.end("turn");
      }
    });
  }
}

function inOrder({ counter: one }: TurnWish, { counter: other }: TurnWish): number {
  if (one.option !== other.option) return one.option < other.option ? -1 : 1;
  if (one.value === other.value) return 0;
  return one.value < other.value ? -1 : 1;
}
