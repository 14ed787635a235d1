import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { CheckedPolicy } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { headOf } from "./condition-parts.ts";
import { findConstantConditions } from "./constant-conditions.ts";
import { findEstimateNotes } from "./estimate-notes.ts";
import { findShadows } from "./shadows.ts";
import { createSpace, type PolicySpace } from "./space.ts";
import { findUnpricedBudgets } from "./unpriced-budgets.ts";
import { ruleInWords } from "./words.ts";
import type { SpaceLimits } from "./work.ts";

export interface AnalyseOptions {
  readonly limits?: Partial<SpaceLimits>;
}

/**
 * What the decision diagram of a policy tells beyond its errors (LANGUAGE §7.6): rules that others take the requests of, tests
 * that decide nothing, boundaries that no count can keep. Every request named was decided by interpreter and table alike; what
 * was too much to go through is said.
 */
export function analyse(
  policy: CheckedPolicy,
  vocabulary: Vocabulary,
  { limits = {} }: AnalyseOptions = {},
): readonly Diagnostic[] {
  const space = createSpace(policy, vocabulary, limits);
  const undecided = new Set<number>();
  const tellUndecided = (branch: number): void => {
    undecided.add(branch);
  };
  const findings = [
    ...findConstantConditions(space, tellUndecided),
    ...findShadows(space, tellUndecided),
    ...findEstimateNotes(space, vocabulary),
    ...findUnpricedBudgets(policy, vocabulary),
  ];
  return [...findings, ...noteBlocks(space), ...noteUndecided(policy, undecided)];
}

const mostNamed = 5;

/** Says which rules were too much for one diagram. */
function noteBlocks({ graph: { blocks }, policy }: PolicySpace): Diagnostic[] {
  const [first, ...others] = blocks.filter(
    ({ firstBranch }) => firstBranch < policy.branches.length,
  );
  if (first === undefined || others.length === 0) return [];
  const message = `these rules have too many cases for one diagram: they are decided in ${others.length + 1} blocks`;
  return [
    makeDiagnostic("P0432", headOf(policy, first.firstBranch), message, {
      label: "the first block begins here",
      related: others.slice(0, mostNamed).map(({ firstBranch }) => ({
        span: headOf(policy, firstBranch),
        text: "a further block begins here",
      })),
      help: "decisions are the same, a little slower; test the same facts in the same order to join them",
    }),
  ];
}

/** Says which rules were not gone through to the end. */
function noteUndecided(policy: CheckedPolicy, undecided: ReadonlySet<number>): Diagnostic[] {
  const branches = [...undecided].sort((a, b) => a - b);
  const [first] = branches;
  if (first === undefined) return [];
  const rules = new Set(branches.map((branch) => policy.branches[branch]?.rule ?? 0));
  const names = [...rules].slice(0, mostNamed).flatMap((rule) => {
    const info = policy.rules[rule];
    return info === undefined ? [] : [ruleInWords(info)];
  });
  const more = rules.size > names.length ? `, and ${rules.size - names.length} more` : "";
  return [
    makeDiagnostic(
      "P0433",
      headOf(policy, first),
      "not every question about these rules is decided",
      {
        label: `${names.join(", ")}${more}`,
        help: "nothing is said of what was not looked at; fewer facts in a rule make it easier",
      },
    ),
  ];
}
