import type { Branch, CheckedAlso, CheckedPolicy, Condition } from "../checker/checked-policy.ts";
import { type LoweringLimits, lower } from "../graph/lower.ts";
import { type GraphPart, partOf } from "../graph/part-of.ts";
import { reachableFrom } from "./reachable.ts";

/** Most branches times alsos that are looked into one by one. */
const mostPairs = 2_000;

/** A graph for each also may cost only so much; past it blocks are taken one by one, and an also counts as one that can add. */
const limits: LoweringLimits = { states: 1_500, statesPerBranch: 3, statesOfRule: 200 };

/**
 * For each branch the ids of the alsos that can add to it: those whose condition some request that comes there meets. Null
 * where they are too many to be looked into.
 */
export function alsosByBranch(
  policy: CheckedPolicy,
  settled: NonNullable<GraphPart["settled"]>,
): readonly (readonly string[])[] | null {
  const { alsos, branches } = policy;
  if (alsos.length * branches.length > mostPairs) return null;
  const found = branches.map(() => [] as string[]);
  for (const also of alsos) {
    for (const branch of branchesMeeting(policy, also, settled)) found[branch]?.push(also.id);
  }
  return found;
}

/** Each branch twice, first with the also's condition as well: where that one is reached, both hold of some request. */
function branchesMeeting(
  { operands, branches }: CheckedPolicy,
  also: CheckedAlso,
  settled: NonNullable<GraphPart["settled"]>,
): number[] {
  const twice = branches.flatMap((branch): Branch[] => [
    { ...branch, condition: both(branch.condition, also) },
    branch,
  ]);
  const graph = partOf(lower({ operands, branches: twice }, limits), { settled });
  return reachableFrom(graph)
    .filter((edge) => edge < 0 && ~edge % 2 === 0 && ~edge < twice.length)
    .map((edge) => ~edge / 2);
}

function both(condition: Condition | null, { condition: also, span }: CheckedAlso): Condition {
  return condition === null ? also : { kind: "and", of: [condition, also], span };
}
