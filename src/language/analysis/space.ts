import type { FactValue } from "../../facts/fact.ts";
import type { Condition } from "../checker/checked-policy.ts";

export interface Witness {
  readonly facts: Readonly<Record<string, FactValue | null>>;
  readonly branch: number;
  readonly values: readonly (FactValue | undefined)[];
  readonly decisive: readonly string[];
}

export type Found =
  | { readonly kind: "found"; readonly witness: Witness }
  | { readonly kind: "none" }
  | { readonly kind: "undecided"; readonly why: string };

export interface Demand {
  readonly condition: Condition;
  readonly is: "true" | "not-true" | "false" | "not-false";
}

export interface Share {
  find(branch: number): Found;
}

export interface PolicySpace {
  share(demands: readonly Demand[]): Share;
}
