import type { Diagnostic, Label } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { Branch, CheckedPolicy, Condition, RuleInfo } from "../checker/checked-policy.ts";
import { operandsOf } from "../checker/condition-atoms.ts";
import { headOf } from "./condition-parts.ts";
import { type Domain, isSame } from "./domain.ts";
import type { PolicySpace, Share, Witness } from "./space.ts";
import { aRequest, asJson, ruleInWords, statesInWords } from "./words.ts";

const mostBlockers = 3;

/** A branch that decides requests on which a later one's condition is true as well, and one of them. */
interface Blocker {
  readonly branch: number;
  readonly witness: Witness;
}

/** What is left of a fact for a branch below others. */
export interface Remainder {
  readonly operand: number;
  readonly left: Domain;
}

/**
 * Branches whose requests are all taken by branches above them, and branches of which a part is left: which, by whom, and
 * a request that shows it. `undecided` is told of branches that are too much to go through.
 */
export function findShadows(
  space: PolicySpace,
  undecided: (branch: number) => void,
): readonly Diagnostic[] {
  const { policy } = space;
  return policy.branches.flatMap((_, branch): readonly Diagnostic[] => {
    if (ruleOf(policy, branch).implied === true) return [];
    if (space.isOver) {
      undecided(branch);
      return [];
    }
    const share = shareOf(space, branch);
    const own = share.find(branch);
    const branches = share.branches ?? share.met.map(({ branch: by }) => by);
    if (own.kind === "none") return wholly({ policy, branch, share, branches });
    if (own.kind === "undecided" || share.branches === null) {
      undecided(branch);
      return [];
    }
    return partly(space, { policy, branch, share, branches });
  });
}

/** The requests on which a branch's own condition is true. */
function shareOf(space: PolicySpace, branch: number): Share {
  const condition = space.policy.branches[branch]?.condition ?? null;
  return space.share(condition === null ? [] : [{ condition, is: "true" }]);
}

/** What each operand that a branch's condition tests can still be where the branch decides, if the branches above took of it. */
export function remainders(space: PolicySpace, branch: number): readonly Remainder[] {
  const share = shareOf(space, branch);
  return share.branches === null ? [] : remaindersIn(space, branch, share);
}

function remaindersIn(
  { policy, domains }: PolicySpace,
  branch: number,
  share: Share,
): readonly Remainder[] {
  const own = share.spread([branch]);
  const every = share.spread(share.branches ?? []);
  const condition = policy.branches[branch]?.condition ?? null;
  return [...operandsOf(condition)].flatMap((operand) => {
    const whole = domains[operand] as Domain;
    const left = own.get(operand) ?? whole;
    return isSame(left, every.get(operand) ?? whole) ? [] : [{ operand, left }];
  });
}

interface Case {
  readonly policy: CheckedPolicy;
  readonly branch: number;
  readonly share: Share;
  readonly branches: readonly number[];
}

function wholly({ policy, branch, share, branches }: Case): readonly Diagnostic[] {
  const blockers = blockersAmong(branches, share);
  const [first] = blockers;
  // No request makes the condition true: that is told of the condition itself.
  if (first === undefined) return [];
  const { condition } = policy.branches[branch] as Branch;
  const names = new Set(blockers.map(({ branch: by }) => ruleInWords(ruleOf(policy, by))));
  const more = branches.length > blockers.length ? ", …" : "";
  const takenBy = `taken by ${[...names].join(", ")}${more}`;
  const span = headOf(policy, branch);
  const related = blockers.map((each) => labelOf(policy, each));
  if (condition === null) {
    return [
      makeDiagnostic("P0424", span, "this is never needed: the rules above take every request", {
        label: takenBy,
        related,
        help: "take it out, or leave it as a safeguard",
      }),
    ];
  }
  return [
    makeDiagnostic("P0422", span, `this ${wordFor(policy, branch)} is never reached`, {
      label: `every request it is meant for is ${takenBy}`,
      related,
      help: `move it up, or take it out; see \`explain --request '${asJson(first.witness)}'\``,
    }),
  ];
}

function partly(space: PolicySpace, { policy, branch, share, branches }: Case): Diagnostic[] {
  if (branches.length === 1) return [];
  const left = remaindersIn(space, branch, share);
  if (left.length === 0) return [];
  const operands = new Set(left.map(({ operand }) => operand));
  const rule = policy.branches[branch]?.rule;
  const takers = branches.filter((by) => {
    const { condition, rule: other } = policy.branches[by] ?? {};
    // Arms of one rule are read together; that a later one gets what is left is how they are meant.
    return by !== branch && other !== rule && tests(condition ?? null, operands);
  });
  const blockers = blockersAmong(takers, share);
  const [first] = blockers;
  if (first === undefined) return [];
  const words = left.map(({ operand, left: states }) => {
    const { key, type } = policy.operands[operand] as CheckedPolicy["operands"][number];
    return `\`${key}\` ${statesInWords(states, type)}`;
  });
  const message = `of this ${wordFor(policy, branch)} only ${words.join(", ")} is left`;
  return [
    makeDiagnostic("P0423", headOf(policy, branch), message, {
      label: `the rest is taken by ${ruleInWords(ruleOf(policy, first.branch))}${blockers.length > 1 ? " and others" : ""}`,
      related: blockers.map((each) => labelOf(policy, each)),
      help: `${aRequest(first.witness)} goes to ${ruleInWords(ruleOf(policy, first.branch))}`,
    }),
  ];
}

function tests(condition: Condition | null, operands: ReadonlySet<number>): boolean {
  return [...operandsOf(condition)].some((operand) => operands.has(operand));
}

function blockersAmong(branches: readonly number[], share: Share): readonly Blocker[] {
  const blockers: Blocker[] = [];
  for (const branch of branches) {
    if (blockers.length === mostBlockers) break;
    const met = share.met.find((witness) => witness.branch === branch);
    if (met !== undefined) blockers.push({ branch, witness: met });
    const found = share.branches === null ? null : share.find(branch);
    if (found?.kind === "found") blockers.push({ branch, witness: found.witness });
  }
  return blockers;
}

function labelOf(policy: CheckedPolicy, { branch, witness }: Blocker): Label {
  return { span: headOf(policy, branch), text: `takes ${aRequest(witness)}` };
}

function ruleOf({ rules, branches }: CheckedPolicy, branch: number): RuleInfo {
  return rules[branches[branch]?.rule ?? 0] as RuleInfo;
}

function isArm({ branches }: CheckedPolicy, branch: number): boolean {
  const { rule } = branches[branch] as Branch;
  return branches[branch - 1]?.rule === rule || branches[branch + 1]?.rule === rule;
}

function wordFor(policy: CheckedPolicy, branch: number): "branch" | "rule" {
  return isArm(policy, branch) ? "branch" : "rule";
}
