import type { LeftOut, PlanWitness } from "./plan-witness.ts";

/** What a selection went through at one step. */
export interface StepNotes {
  readonly leftOut: Map<string, LeftOut>;
  /** By target, what was held against it; undefined is not known. */
  readonly weights: Map<string, number | undefined>;
  drawn: readonly [string, string] | null;
  /** The target that a sticky plan stays with. */
  stayed: string | null;
}

const noNotes = (): StepNotes => ({
  leftOut: new Map(),
  weights: new Map(),
  drawn: null,
  stayed: null,
});

/** A witness that remembers how a plan came about. */
export class PlanNotes implements PlanWitness {
  /** By target, the id of the guard that keeps it out. */
  readonly forbidden = new Map<string, string>();
  /** The guard that refuses the request, by its id. */
  refusing: string | null = null;
  readonly #steps: StepNotes[] = [];

  step(): void {
    this.#steps.push(noNotes());
  }

  leftOut(target: string, why: LeftOut): void {
    this.#steps.at(-1)?.leftOut.set(target, why);
  }

  weighed(target: string, weight: number | undefined): void {
    this.#steps.at(-1)?.weights.set(target, weight);
  }

  drew(one: string, other: string): void {
    const step = this.#steps.at(-1);
    if (step !== undefined) step.drawn = [one, other];
  }

  stayed(target: string): void {
    const step = this.#steps.at(-1);
    if (step !== undefined) step.stayed = target;
  }

  forbade(target: string, guard: string): void {
    this.forbidden.set(target, guard);
  }

  refusedBy(guard: string): void {
    this.refusing = guard;
  }

  /** What was noted at a step, counted from 0. */
  at(step: number): StepNotes {
    return this.#steps[step] ?? noNotes();
  }
}
