import { invariant } from "../../base/assert.ts";
import type { Asker } from "./asker.ts";
import { FairQueue, type Place } from "./fair-queue.ts";
import { type Held, type Refused, type Take, windowOf, windowText } from "./limit-store.ts";
import type { OneByOne } from "./one-by-one.ts";
import { Waiter } from "./waiter.ts";
import { type AdmissionParts, goneAway, type TurnedAway } from "./wish.ts";

export type Given = Held | TurnedAway;

const mostWaiting = 1_000;

/** Those who wait for room below one limit; the line lives as long as somebody is in it. */
interface Line {
  readonly queue: FairQueue<Waiter>;
  /** Who tries next, or is trying right now. */
  head: Waiter | null;
  /** When it is worth a try. */
  retryAtMs: number;
  stop: () => void;
}

/** Which counter has no room, and how long it may be waited for. */
interface Blocked {
  readonly by: Take;
  readonly waitMs: number | null;
  readonly retryAtMs: number | null;
}

interface Joining {
  readonly retryAtMs: number;
  /** At the head of the line, where it has been. */
  readonly again: boolean;
}

/** A place in a line: which one, how long, and what it is told where that was in vain. */
interface Waits extends Joining {
  readonly key: string;
  readonly untilMs: number;
  readonly away: TurnedAway;
}

/** Told once what came of taking. */
export interface TakeTold {
  given(given: Given): void;
  failed(error: unknown): void;
}

/** A request that takes. */
interface Taker {
  readonly asker: Asker;
  readonly told: TakeTold;
  readonly startedMs: number;
  /** The line whose head this request is. */
  headOf: string | null;
}

const nothingHeld: Held = { kind: "held", id: "", takes: [] };

/** Takes from limits and budgets, and lets requests wait for a limit: callers in turns, and nobody passes those who wait. */
export class RateLines {
  readonly #parts: AdmissionParts;
  readonly #calls: OneByOne;
  readonly #lines = new Map<string, Line>();
  #waiting = 0;

  constructor(parts: AdmissionParts, calls: OneByOne) {
    this.#parts = parts;
    this.#calls = calls;
  }

  /** Limits that somebody waits for. */
  get size(): number {
    return this.#lines.size;
  }

  /** Requests that wait for one. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes what a request wishes; it is told before this returns where the store answers at once and it need not wait. */
  take(asker: Asker, told: TakeTold): void {
    this.#try({ asker, told, startedMs: this.#parts.now(), headOf: null });
  }

  /** Takes all at once, unless somebody waits for one of them already. */
  #try(taker: Taker): void {
    const { asker } = taker;
    const { takes } = asker.wish;
    if (asker.isGone) {
      this.#give(taker, goneAway);
      return;
    }
    if (takes.length === 0) {
      this.#give(taker, nothingHeld);
      return;
    }
    if (this.#lines.size > 0)
      for (const { take, waitMs } of takes) {
        const key = keyText(take);
        const line = key === taker.headOf ? undefined : this.#lines.get(key);
        if (line === undefined) continue;
        this.#blocked(taker, { by: take, waitMs, retryAtMs: line.retryAtMs });
        return;
      }
    const { store, now } = this.#parts;
    const asked = takes.map(({ take }) => take);
    this.#after(
      taker,
      () => store.admit(asked, now()),
      (answer) => this.#answered(taker, answer),
    );
  }

  #answered(taker: Taker, answer: Held | Refused): void {
    const { asker } = taker;
    if (answer.kind === "refused") {
      const wish = asker.wish.takes[answer.index];
      invariant(wish, "a store refuses for one of those that were asked");
      const { take: by, waitMs } = wish;
      this.#blocked(taker, { by, waitMs, retryAtMs: answer.retryAtMs });
      return;
    }
    if (!asker.isGone) {
      this.#give(taker, answer);
      return;
    }
    const { store, now } = this.#parts;
    const nothing = answer.takes.map(() => 0);
    this.#after(
      taker,
      () => store.settle(answer, nothing, now()),
      () => this.#give(taker, goneAway),
    );
  }

  #blocked(taker: Taker, { by, waitMs, retryAtMs }: Blocked): void {
    const { asker, startedMs, headOf } = taker;
    if (asker.isGone) {
      this.#give(taker, goneAway);
      return;
    }
    const away: TurnedAway = { kind: "turned-away", by, retryAtMs };
    const untilMs = startedMs + (waitMs ?? 0);
    if (retryAtMs === null || Math.max(retryAtMs, this.#parts.now()) >= untilMs) {
      this.#give(taker, away);
      return;
    }
    const key = keyText(by);
    const again = headOf === key;
    taker.headOf = null;
    // Held up by another limit now: the line of the first goes on without it.
    if (headOf !== null && !again) this.#next(headOf);
    this.#wait(taker, { key, untilMs, retryAtMs, again, away });
  }

  /** Waits in a line until it is its turn to try. */
  #wait(taker: Taker, { key, untilMs, away, ...join }: Waits): void {
    const { timers, now } = this.#parts;
    const { asker } = taker;
    const { caller, size } = asker.wish;
    const waiter = new Waiter(this.#calls);
    const place: Place<Waiter> = { key: caller, item: waiter, untilMs, size };
    const joined = this.#join(key, place, join);
    if (joined === "full") {
      this.#give(taker, away);
      return;
    }
    this.#waiting += 1;
    asker.waiter = waiter;
    waiter.wait({
      ...{ timers, forMs: untilMs - now() },
      withdraw: () => this.#withdraw(key, place),
      ended: (outcome) => {
        this.#waiting -= 1;
        asker.waiter = null;
        if (outcome === "turn") {
          taker.headOf = key;
          this.#try(taker);
        } else this.#give(taker, asker.isGone ? goneAway : away);
      },
    });
    joined?.end("out");
  }

  /** Stands in a line, `again` at its head; who was pushed out of it is returned, `full` where that is the newcomer itself. */
  #join(key: string, place: Place<Waiter>, { retryAtMs, again }: Joining): Waiter | "full" | null {
    const line = this.#lines.get(key);
    if (line === undefined || again) {
      const queue = line?.queue ?? new FairQueue(this.#parts.mostWaiting ?? mostWaiting);
      const opened: Line = { queue, head: place.item, retryAtMs, stop: () => undefined };
      this.#lines.set(key, opened);
      opened.stop = this.#parts.timers.start(Math.max(retryAtMs - this.#parts.now(), 0), () =>
        place.item.end("turn"),
      );
      return null;
    }
    const out = line.queue.push(place);
    return out === place ? "full" : (out?.item ?? null);
  }

  #withdraw(key: string, place: Place<Waiter>): boolean {
    const line = this.#lines.get(key);
    if (line?.head !== place.item) return line?.queue.remove(place) === true;
    line.stop();
    this.#next(key);
    return true;
  }

  /** The head is done with: the next in turn tries at once. */
  #next(key: string): void {
    const line = this.#lines.get(key);
    if (line === undefined) return;
    const late: Place<Waiter>[] = [];
    const next = line.queue.shift(this.#parts.now(), late);
    line.head = next?.item ?? null;
    line.stop = () => undefined;
    if (next === null) this.#lines.delete(key);
    for (const { item } of late) item.end("out");
    next?.item.end("turn");
  }

  /** It takes no more, and so no longer stands in anybody's way. */
  #give(taker: Taker, given: Given): void {
    this.#letNext(taker);
    taker.told.given(given);
  }

  #letNext(taker: Taker): void {
    const { headOf } = taker;
    taker.headOf = null;
    if (headOf !== null) this.#next(headOf);
  }

  /** Goes on at once with what a store answers at once, and one by one with the rest with what it answers later. */
  #after<T>(taker: Taker, ask: () => T | Promise<T>, then: (answer: T) => void): void {
    const failed = (error: unknown): void => {
      this.#letNext(taker);
      taker.told.failed(error);
    };
    let answer: T | Promise<T>;
    try {
      answer = ask();
    } catch (error) {
      failed(error);
      return;
    }
    if (!(answer instanceof Promise)) {
      then(answer);
      return;
    }
    answer.then(
      (value) => this.#calls.run(() => then(value)),
      (error: unknown) => this.#calls.run(() => failed(error)),
    );
  }
}

const keyText = (take: Take): string => windowText(windowOf(take));
