/**
 * Runs functions one after the other: what one of them adds runs when it is through, and before the outermost `run` returns. So a
 * thousand who wait are told in a loop, each in a whole state of things, where one that told the next would go a thousand deep.
 */
export class OneByOne {
  #due: (() => void)[] = [];
  #isRunning = false;

  /** Runs `step` now, or behind those that are due. A fault in one keeps none of the others from running; the first is thrown then. */
  run(step: () => void): void {
    this.#due.push(step);
    if (this.#isRunning) return;
    this.#isRunning = true;
    const faults: unknown[] = [];
    // The loop sees what is added meanwhile.
    for (const each of this.#due)
      try {
        each();
      } catch (fault) {
        faults.push(fault);
      }
    this.#due = [];
    this.#isRunning = false;
    if (faults.length > 0) throw faults[0];
  }
}
