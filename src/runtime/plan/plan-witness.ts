/** Why a selection left a target of its own out. */
export type LeftOut = "tried" | "unhealthy" | "absent" | "where" | "guard";

/**
 * Told how a plan comes about, in order. Only an explanation listens: everything else leaves it out and pays nothing for it.
 */
export interface PlanWitness {
  /** The route of a step, counted from 0, is resolved next. */
  step(index: number): void;
  /** A selection does not consider a target. */
  leftOut(target: string, why: LeftOut): void;
  /** What a selection holds against a candidate, the least wins; undefined is not known. */
  weighed(target: string, weight: number | undefined): void;
  /** Two candidates were drawn from the seed. */
  drew(one: string, other: string): void;
  /** A selection takes the target that a sticky plan stays with. */
  stayed(target: string): void;
  /** A guard, by its id, keeps a target out. */
  forbade(target: string, guard: string): void;
  /** A guard refuses the request. */
  refusedBy(guard: string): void;
}
