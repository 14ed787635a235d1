import type { Failure } from "../../protocol/failure.ts";
import type { TargetGate } from "./gate.ts";
import { isFull } from "./machine-rules.ts";
import type { SkippedTarget } from "./machine-types.ts";

/** A target at a step of a plan. */
export interface Place {
  readonly step: number;
  readonly target: string;
}

/** Where one request was held off, or could have gone had it not been for the health of what is there. */
export class HeldPlaces {
  /** Targets that were held off, in order. */
  readonly skipped: SkippedTarget[] = [];
  readonly #spared: Place[] = [];

  add(place: Place, failure: Failure): void {
    this.skipped.push({ ...place, failure });
    this.#spared.push(place);
  }

  addSpares(step: number, targets: readonly string[]): void {
    for (const target of targets) this.#spared.push({ step, target });
  }

  /** The first that only had no room, of those that `affords` allows; null for none. */
  full(affords: (target: string) => boolean): Place | null {
    return this.skipped.find((each) => isFull(each.failure) && affords(each.target)) ?? null;
  }

  /** Where it is least in vain to try it all the same; null where that is nowhere. */
  lastResort(gate: Pick<TargetGate, "lastResort">, places: PlaceQuestion): Place | null {
    const { affords, atMs } = places;
    const allowed = this.#spared.filter(({ target }) => affords(target));
    const names = allowed.map(({ target }) => target);
    const target = gate.lastResort(names, atMs);
    return allowed.find((each) => each.target === target) ?? null;
  }
}

interface PlaceQuestion {
  readonly affords: (target: string) => boolean;
  readonly atMs: number;
}
