import type { Target } from "../../catalog/target.ts";
import type { AttemptBounds } from "../../language/analysis/worst-case.ts";
import type { CheckedPolicy } from "../../language/checker/checked-policy.ts";
import type { See } from "../../language/interpreter/sight.ts";
import { type TargetSight, whyOfTarget } from "../../language/interpreter/trace-target.ts";
import type { EnforcedGuard } from "../../language/program/program.ts";
import type { BilledTier } from "../../protocol/usage.ts";
import type { PlanInputs } from "./make-plan.ts";
import type { Plan } from "./plan.ts";
import type { PlanNotes } from "./plan-notes.ts";
import { readTarget } from "./read-target.ts";
import { mostTokensAt } from "./tokens-at.ts";
import { moneyWords } from "./words.ts";
import { mostOfAttempt } from "./worst-case.ts";

/** A decided request as the parts of an explanation look at it. */
export interface Explained {
  readonly policy: CheckedPolicy;
  readonly see: See;
  /** The branch taken. */
  readonly branch: number;
  readonly inputs: PlanInputs;
  /** Null for a reject. */
  readonly plan: Plan | null;
  readonly notes: PlanNotes;
  /** Ids of guards that hold for every request, so that a run does not look at them. */
  readonly proved: ReadonlySet<string>;
}

/** Smallest ceiling on completion tokens in force; null where there is none. */
export function outputCeilingOf({
  inputs,
  plan,
}: Pick<Explained, "inputs" | "plan">): number | null {
  const ceilings = [inputs.maxTokens, plan?.maxTokens ?? null].filter((each) => each !== null);
  return ceilings.length === 0 ? null : Math.min(...ceilings);
}

/** What bounds one attempt of an explained plan, for a prompt of at most so many tokens (null for not known). */
export function attemptBoundsOf(
  { inputs, plan }: Pick<Explained, "inputs" | "plan">,
  promptTokens: number | null,
): AttemptBounds & { readonly tier: BilledTier | null } {
  return {
    promptTokens,
    outputCeiling: outputCeilingOf({ inputs, plan }),
    choices: inputs.choices ?? 1,
    tier: plan?.options.tier ?? inputs.tier ?? null,
    timeoutMs: plan?.timeoutMs ?? inputs.defaults.timeoutMs,
  };
}

/** What conditions on a target are evaluated with for one target. */
export function sightOf(explained: Explained, target: Target): TargetSight {
  const { inputs, policy } = explained;
  const present = { ...inputs, outputCeiling: outputCeilingOf(explained) };
  return {
    operands: policy.operands,
    readOperand: inputs.readOperand,
    readTarget: (question) => readTarget(question, target, present),
  };
}

/** Why a guard keeps a target out. */
export function whyForbidden(explained: Explained, guard: EnforcedGuard, name: string): string {
  const target = explained.inputs.targets.get(name);
  if (target === undefined) return "the target is not there";
  if (guard.kind === "never") return whyOfTarget(guard.target, sightOf(explained, target));
  const { kept = null, promptTokens } = explained.inputs;
  const tokens = mostTokensAt(name, kept === null ? promptTokens : null, explained.inputs);
  const bounds = attemptBoundsOf(explained, tokens);
  const most = mostOfAttempt(target, bounds);
  if (most === null) return "nothing bounds what one attempt may cost, or no price is known";
  return `one attempt may cost ${moneyWords(most)}`;
}
