/** What runs a function later; returns what stops it. */
export interface Timers {
  start(delayMs: number, run: () => void): () => void;
}

/** How waiting ended: with a turn, or without one, since it took too long, the queue was full, or the request is gone. */
export type WaitOutcome = "turn" | "out";

export interface Waiting {
  readonly timers: Timers;
  readonly forMs: number;
  readonly signal: AbortSignal;
  /** Leaves the queue; false where it is in none any more, and the end is already on its way. */
  readonly withdraw: () => boolean;
}

/** Somebody in a queue. Ends once; what comes later is ignored. */
export class Waiter {
  readonly #ended = Promise.withResolvers<WaitOutcome>();

  end(outcome: WaitOutcome): void {
    this.#ended.resolve(outcome);
  }

  /** Waits for the end: no longer than it may, nor than its request lives. */
  async wait({ timers, forMs, signal, withdraw }: Waiting): Promise<WaitOutcome> {
    const giveUp = (): void => {
      if (withdraw()) this.end("out");
    };
    const stop = timers.start(forMs, giveUp);
    signal.addEventListener("abort", giveUp);
    // It may be gone already, while a store was asked.
    if (signal.aborted) giveUp();
    try {
      return await this.#ended.promise;
    } finally {
      stop();
      signal.removeEventListener("abort", giveUp);
    }
  }
}
