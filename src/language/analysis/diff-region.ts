import type { FactValue } from "../../facts/fact.ts";
import type { Witness } from "./space.ts";

/** What one version makes of a region's requests. */
export interface DiffSide {
  /** The rule that decides the witness; null where none does, and for a guard, which stands above them. */
  readonly rule: string | null;
  /** In the words of the language. */
  readonly outcome: string;
}

/** Requests that the two versions treat differently, all in the same way. */
export interface DiffRegion {
  readonly before: DiffSide;
  readonly after: DiffSide;
  /** Which requests, in words; empty where they are all there are. */
  readonly where: string;
  /** One of them, as `--request` takes it; decided so by interpreter and table of both versions. */
  readonly witness: Witness["facts"];
}

/** A region with a test of whether a request, as values by operand, lies in it. */
export interface FoundRegion {
  readonly region: DiffRegion;
  holds(values: readonly (FactValue | undefined)[]): boolean;
}

export interface FoundRegions {
  readonly regions: readonly FoundRegion[];
  /** Why they may not be all. */
  readonly undecided: readonly string[];
}
