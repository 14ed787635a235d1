import type { CheckedGuard, Condition } from "../checker/checked-policy.ts";
import type { DiffSide, FoundRegion, FoundRegions } from "./diff-region.ts";
import type { DiffSpace, Version } from "./diff-space.ts";
import { meaningOf } from "./joint.ts";
import { type Demand, meets } from "./questions.ts";
import type { Request } from "./requests.ts";

/** A guard that one version has, and the other has not, or for other requests. */
interface Unmatched {
  readonly guard: CheckedGuard;
  readonly in: Version;
  /** The other version's guard of the same demand; null when there is none. */
  readonly other: CheckedGuard | null;
}

/**
 * Requests to which a guard applies in one version alone. That a guard applies changes a plan only where something would
 * offend it, so these are regions of their own.
 */
export function guardRegions(space: DiffSpace): FoundRegions {
  const { before, after } = space.joint;
  const unmatched = [
    ...unmatchedOf("before", before.guards, after.guards),
    ...unmatchedOf("after", after.guards, before.guards),
  ];
  const undecided: string[] = [];
  const regions = unmatched.flatMap((each): FoundRegion[] => {
    const found = regionOf(space, each);
    if (found === "gave-up") undecided.push("some guards have too many cases to go through");
    return typeof found === "string" ? [] : [found];
  });
  return { regions, undecided: [...new Set(undecided)] };
}

function unmatchedOf(
  version: Version,
  own: readonly CheckedGuard[],
  others: readonly CheckedGuard[],
): readonly Unmatched[] {
  const meanings = new Set(others.map(meaningOf));
  return own
    .filter((guard) => !meanings.has(meaningOf(guard)))
    .map((guard) => {
      const demand = meaningOf({ ...guard, when: null });
      const other = others.find((each) => meaningOf({ ...each, when: null }) === demand) ?? null;
      return { guard, in: version, other };
    });
}

function regionOf(space: DiffSpace, unmatched: Unmatched): FoundRegion | "none" | "gave-up" {
  const demands = demandsOf(unmatched);
  // The same demand on every request in the other version leaves nothing to this one.
  if (demands === null) return "none";
  const planned = space.planned(unmatched.in, demands);
  if (planned === null) return "gave-up";
  const { ways, ends } = planned;
  const holds = (values: Request["values"]): boolean =>
    meets({ values }, demands) && space.outcomeOf(unmatched.in, values)?.action.kind === "plan";
  const request = ways.find(ends, ({ values }) => holds(values), space.questions.work.ask());
  if (typeof request === "string") return request;
  const { guard, in: version } = unmatched;
  // The plans of such a region may be many; what differs is what they are held to.
  const side = (of: Version): DiffSide => ({
    rule: null,
    outcome: `${of === version ? "under" : "not under"} \`${guard.text}\``,
  });
  return {
    region: {
      before: side("before"),
      after: side("after"),
      where: space.whereInWords(ways.spread(ends)),
      witness: request.facts,
    },
    holds,
  };
}

/** That one guard's condition is not false, and the other's is; null when that cannot be. */
function demandsOf({ guard, other }: Unmatched): readonly Demand[] | null {
  const applies = (when: Condition | null): Demand[] =>
    when === null ? [] : [{ condition: when, is: "not-false" }];
  if (other === null) return applies(guard.when);
  if (other.when === null) return null;
  return [...applies(guard.when), { condition: other.when, is: "false" }];
}
