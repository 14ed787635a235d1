import type { Waiter } from "./waiter.ts";
import type { Wish } from "./wish.ts";

/** A request on its way to leave. */
export class Asker {
  readonly wish: Wish;
  /** Where it waits at present. */
  waiter: Waiter | null = null;
  #isGone = false;

  constructor(wish: Wish) {
    this.wish = wish;
  }

  /** Whether nobody is there to be answered. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Waits no longer, wherever it does. */
  leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.waiter?.giveUp();
  }
}
