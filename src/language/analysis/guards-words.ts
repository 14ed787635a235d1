import type { Target } from "../../catalog/target.ts";
import { noLiveTargets, readTargetFact } from "../../catalog/target-fact.ts";
import { lookUpTargetFact } from "../../facts/target-facts.ts";
import { showFactValue } from "../../facts/value.ts";
import type {
  CheckedPolicy,
  TargetCondition,
  TargetExpression,
} from "../checker/checked-policy.ts";
import type { Judgement } from "./guards-verdict.ts";
import { type PlanAction, planWords } from "./reach.ts";
import type { Witness } from "./space.ts";

/** The rule of a branch as a reader finds it: its name, else its id. */
export function ruleWords(policy: CheckedPolicy, branch: number): string {
  const rule = policy.rules[policy.branches[branch]?.rule ?? -1];
  if (rule === undefined) return "a rule";
  return rule.name === null ? `\`${rule.id}\`` : `rule "${rule.name}"`;
}

/** What a condition on a target found there: "its region is unknown", empty where it asks for nothing that stands fast. */
export function factWords(condition: TargetCondition, target: Target): string {
  const said = new Map<string, string>();
  for (const name of factsIn(condition)) {
    const fact = lookUpTargetFact(name);
    if (fact?.kind !== "static") continue;
    const moment = { live: noLiveTargets, atMs: 0, promptTokens: 0 };
    const value = readTargetFact(target, name, moment);
    said.set(name, value === undefined ? "unknown" : showFactValue(fact.type, value));
  }
  const words = [...said].map(([name, value]) => `its ${name.replace(".", " ")} is ${value}`);
  return words.join(", ");
}

/** Facts of the target that a condition asks for, in order, perhaps more than once. */
export function factsIn(condition: TargetCondition): readonly string[] {
  switch (condition.kind) {
    case "constant":
      return [];
    case "not":
      return factsIn(condition.of);
    case "and":
    case "or":
      return condition.of.flatMap(factsIn);
    case "compare":
      return [...factsOf(condition.left), ...factsOf(condition.right)];
    default:
      return factsOf(condition.of);
  }
}

function factsOf(expression: TargetExpression): readonly string[] {
  if (expression.kind === "target-fact") return [expression.name];
  if (expression.kind !== "arithmetic") return [];
  return [...factsOf(expression.left), ...factsOf(expression.right)];
}

const mostReasons = 3;

/** What one place of one plan says about a guard that it may break. */
export type Finding =
  | { readonly kind: "refused"; readonly judgement: Judgement }
  | { readonly kind: "enforced" | "undecided"; readonly why: string };

/** The verdict on a guard: the first place that breaks it has the last word; `proved` is the reason where none may. */
export function settle(findings: Iterable<Finding>, proved: string): Judgement {
  const reasons = new Set<string>();
  let undecided: string | null = null;
  for (const finding of findings) {
    if (finding.kind === "refused") return finding.judgement;
    if (finding.kind === "enforced") reasons.add(finding.why);
    else undecided ??= finding.why;
  }
  if (undecided !== null) return leftUndecided(undecided);
  if (reasons.size === 0) return { verdict: "proved", why: proved };
  const shown = [...reasons].slice(0, mostReasons).join("; ");
  const more = reasons.size - mostReasons;
  return { verdict: "enforced", why: more > 0 ? `${shown}; and ${more} more` : shown };
}

function leftUndecided(why: string): Judgement {
  return {
    verdict: "enforced",
    undecided: true,
    why: `undecided: ${why}; the runtime sees to it in every run`,
  };
}

/** A refused guard with the request that breaks it and the plan that request gets. */
export function refused(
  why: string,
  { facts, branch }: Pick<Witness, "facts" | "branch">,
  action: PlanAction,
  culprit: NonNullable<Judgement["culprit"]>,
): Finding {
  const plan = planWords(action);
  return {
    kind: "refused",
    judgement: { verdict: "refused", why, witness: facts, branch, plan, culprit },
  };
}
