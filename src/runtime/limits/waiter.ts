import type { OneByOne } from "./one-by-one.ts";

/** What runs a function later; returns what stops it. */
export interface Timers {
  start(delayMs: number, run: () => void): () => void;
}

/** How waiting ended: with a turn, or without one, since it took too long, the queue was full, or the request is gone. */
export type WaitOutcome = "turn" | "out";

export interface Waiting {
  readonly timers: Timers;
  readonly forMs: number;
  /** Leaves the queue; false where it is in none any more, and the end is already on its way. */
  readonly withdraw: () => boolean;
  /** Told once. */
  readonly ended: (outcome: WaitOutcome) => void;
}

/** Somebody in a queue. Ends once; what comes later is ignored. */
export class Waiter {
  readonly #calls: OneByOne;
  #waiting: Waiting | null = null;
  #stop = (): void => undefined;
  #hasEnded = false;

  /** Who ends is told by way of `calls`, behind those whose end came before. */
  constructor(calls: OneByOne) {
    this.#calls = calls;
  }

  /** Waits for the end, no longer than it may; to be called before anything can end it. */
  wait(waiting: Waiting): void {
    this.#waiting = waiting;
    this.#stop = waiting.timers.start(waiting.forMs, () => this.giveUp());
  }

  end(outcome: WaitOutcome): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#stop();
    this.#calls.run(() => this.#waiting?.ended(outcome));
  }

  /** Waits no longer, unless its end is on its way. */
  giveUp(): void {
    this.#calls.run(() => {
      if (!this.#hasEnded && this.#waiting?.withdraw() === true) this.end("out");
    });
  }
}
