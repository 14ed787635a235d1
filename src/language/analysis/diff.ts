import type { FactValue } from "../../facts/fact.ts";
import type { CheckedPolicy } from "../checker/checked-policy.ts";
import { canonicalText } from "../checker/identity.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { guardRegions } from "./diff-guards.ts";
import type { DiffRegion } from "./diff-region.ts";
import { DiffSpace } from "./diff-space.ts";
import { joinPolicies } from "./joint.ts";
import { type SpaceLimits, Work } from "./work.ts";

export interface PolicyDiff {
  /** Null when it is undecided whether anything differs. */
  readonly equivalent: boolean | null;
  readonly regions: readonly DiffRegion[];
  /** Why the regions may not be all. */
  readonly undecided?: string;
}

/** A diff that can also be asked about single requests. */
export interface Comparison {
  readonly diff: PolicyDiff;
  /** Both policies over one list of operands, in which `regionsOf` counts; null where they have none in common. */
  readonly policy: CheckedPolicy | null;
  /** The regions, by index, that a request lies in. */
  regionsOf(values: readonly (FactValue | undefined)[]): readonly number[];
}

/** In steps of work: for the diagrams of both versions together, and for all that is looked for in them. */
const stepsOfDiagrams = 400_000;
const stepsOfDiff = 1_000_000;

/**
 * What changes from one policy to another: exact regions of requests whose outcome is another, with a request of each. Rules
 * count by what they do: names, places and the salts that hang on them do not. Undecided, and why, past the limits.
 */
export function diffPolicies(
  before: CheckedPolicy,
  after: CheckedPolicy,
  vocabulary: Vocabulary,
  limits: Partial<SpaceLimits> = {},
): PolicyDiff {
  return comparePolicies(before, after, vocabulary, limits).diff;
}

/** As `diffPolicies`, with what it takes to weigh the regions by requests. */
export function comparePolicies(
  before: CheckedPolicy,
  after: CheckedPolicy,
  vocabulary: Vocabulary,
  limits: Partial<SpaceLimits> = {},
): Comparison {
  const joint = joinPolicies(before, after);
  if ("clash" in joint) {
    const undecided = `the two versions read \`${joint.clash}\` as different types`;
    const diff = { equivalent: null, regions: [], undecided };
    return { diff, policy: null, regionsOf: () => [] };
  }
  const work = new Work(
    { stepsOfQuestion: stepsOfDiagrams, steps: stepsOfDiff, ...limits },
    before.branches.length + after.branches.length,
  );
  const space = new DiffSpace(joint, vocabulary, work);
  const outcomes = space.regions();
  const guards = guardRegions(space);
  const reasons = [...outcomes.undecided, ...guards.undecided, ...intentsDiffer(before, after)];
  const found = [...outcomes.regions, ...guards.regions];
  const isDecided = reasons.length === 0;
  const diff: PolicyDiff = {
    equivalent: found.length > 0 ? false : isDecided || null,
    regions: found.map(({ region }) => region),
    ...(isDecided ? {} : { undecided: reasons.join("; ") }),
  };
  return {
    diff,
    policy: joint.before,
    regionsOf: (values) =>
      [...found.keys()].filter((index) => found[index]?.holds(values) === true),
  };
}

/** A request has one intent here, though the versions may tell it from different clues. */
function intentsDiffer(before: CheckedPolicy, after: CheckedPolicy): readonly string[] {
  if (canonicalText(before.intents) === canonicalText(after.intents)) return [];
  return ["their intents have different clues, and `intent` is taken for the same"];
}
