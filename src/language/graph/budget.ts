/** Thrown inside the graph compiler alone, when a diagram outgrows its share; caught where rules are split into blocks. */
export class OverBudget extends Error {
  override readonly name = "OverBudget";
}

/** What one diagram may cost: diagram states, and steps of work on rules and formulas. */
export class Budget {
  #states: number;
  #steps: number;

  constructor(states: number, steps: number) {
    this.#states = states;
    this.#steps = steps;
  }

  /** Throws OverBudget when no state is left. */
  takeState(): void {
    this.#states -= 1;
    if (this.#states < 0) throw new OverBudget();
  }

  /** Throws OverBudget when no step is left. */
  takeSteps(count: number): void {
    this.#steps -= count;
    if (this.#steps < 0) throw new OverBudget();
  }
}
