import { LimitBook } from "./limit-book.ts";
import type { Held, LimitStore, Refused, Standing, Take } from "./limit-store.ts";

/** Counters of one process that are forgotten with it. */
export class MemoryLimitStore implements LimitStore {
  readonly #book = new LimitBook({ prefix: "" });

  admit(takes: readonly Take[], atMs: number): Held | Refused {
    return this.#book.admit(takes, atMs);
  }

  settle(held: Held, actual: readonly number[]): undefined {
    this.#book.settle(held, actual);
  }

  standing(take: Take, atMs: number): Standing {
    return this.#book.standing(take, atMs);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
