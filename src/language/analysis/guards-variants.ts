import type { CheckedAlso, CheckedOptions, Requirement } from "../checker/checked-policy.ts";
import { compareValues } from "../interpreter/interpret.ts";
import { mergeOptions } from "../interpreter/merge-options.ts";
import type { Demand } from "./questions.ts";
import { holds } from "./reach-questions.ts";
import type { Between } from "./worst-case-plan.ts";

/** The options a plan has where some of the `also`s apply and the others do not. */
export interface Variant {
  readonly options: CheckedOptions;
  /** What a request must meet for these to be its options. */
  readonly demands: readonly Demand[];
}

/** Every choice among so many `also`s is looked at: 64 at most. */
const mostAlsos = 6;

/**
 * Every set of options that a plan may come to, as far as the given options tell them apart, none of the `also`s first; null
 * when there are too many.
 */
export function variantsOf(
  own: CheckedOptions,
  alsos: readonly CheckedAlso[],
  keys: readonly (keyof CheckedOptions)[],
): readonly Variant[] | null {
  const bearing = alsos.filter(({ options }) => keys.some((key) => options[key] !== undefined));
  if (bearing.length > mostAlsos) return null;
  return Array.from({ length: 2 ** bearing.length }, (_, choice) => {
    const applies = bearing.map((_also, index) => ((choice >> index) & 1) === 1);
    return {
      options: mergeOptions(
        own,
        bearing.filter((_also, index) => applies[index]).map(({ options }) => options),
      ),
      demands: bearing.map(({ condition }, index): Demand => {
        return applies[index] === true ? holds(condition) : { condition, is: "not-true" };
      }),
    };
  });
}

/** Whether a comparison holds for every value in a range, for none, or for some. */
export type Settled = "true" | "false" | "open";

export function settledBetween(
  { least, most }: Between,
  op: Extract<Requirement, { readonly kind: "bound" }>["op"],
  value: number,
): Settled {
  const inside = least < value && value < most;
  if ((op === "=" || op === "!=") && inside) return "open";
  const [low, high] = [compareValues(least, op, value), compareValues(most, op, value)];
  if (low !== high) return "open";
  return low === "true" ? "true" : "false";
}
