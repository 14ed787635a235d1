import { invariant } from "../../base/assert.ts";
import { dollarsOf } from "../../base/money.ts";
import { estimateCost } from "../../catalog/cost.ts";
import type { Action, CheckedPolicy, RuleInfo } from "../../language/checker/checked-policy.ts";
import { besideRules } from "../../language/interpreter/beside.ts";
import { interpret } from "../../language/interpreter/interpret.ts";
import { trace } from "../../language/interpreter/trace.ts";
import type { Cause } from "../../protocol/cause.ts";
import { makePlan, type PlanInputs } from "./make-plan.ts";
import type { Dropped, Plan } from "./plan.ts";

/** Why a request is decided as it is: what `explain --json` prints, but for the facts it was given. */
export interface Explanation {
  readonly policy: { readonly name: string; readonly hash: string };
  readonly decision: ExplainedDecision;
  readonly trace: readonly ExplainedRule[];
  readonly estimate: CostEstimate | null;
}

export interface ExplainedDecision {
  readonly kind: "plan" | "reject";
  readonly rule: Pick<RuleInfo, "id" | "name" | "line"> | null;
  /** Targets in the order they would be tried, each once. */
  readonly targets: readonly string[];
  readonly steps: readonly { readonly target: string | null; readonly on: readonly Cause[] }[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Targets that a guard kept out, with the guard. */
  readonly dropped: readonly Dropped[];
  readonly status?: number;
  readonly message?: string;
}

export interface ExplainedRule {
  readonly rule: string;
  readonly line: number;
  readonly result: "true" | "false" | "unknown" | "not reached";
  readonly why: string;
}

/** What the first target would cost at most, in dollars: the whole prompt and as many completion tokens as are allowed. */
export interface CostEstimate {
  readonly target: string;
  /** Null when the target has no known price. */
  readonly cost: number | null;
  readonly promptTokens: number;
  /** Null when neither the request, the policy nor the catalog sets a ceiling. */
  readonly completionTokens: number | null;
}

/** What an explanation is made from: what a plan is, and what stands beside the rules is found out. */
export type ExplainInputs = Omit<PlanInputs, "alsos" | "guards">;

/** Explains the decision of one request by the reference interpreter; pure. */
export function explain(policy: CheckedPolicy, given: ExplainInputs): Explanation {
  const beside = besideRules(policy, given.readOperand);
  const alsos = beside.alsos.map(({ options }) => options);
  const inputs: PlanInputs = { ...given, alsos, guards: beside.guards };
  const index = interpret(policy, inputs.readOperand);
  const branch = policy.branches[index];
  invariant(branch !== undefined, "a checked policy decides every request");
  const rule = policy.rules[branch.rule] ?? null;
  const plan = branch.action.kind === "plan" ? makePlan(branch.action, inputs) : null;
  return {
    policy: { name: policy.name, hash: policy.hash },
    decision: {
      ...(plan === null ? rejection(branch.action) : planned(plan)),
      rule: rule === null ? null : { id: rule.id, name: rule.name, line: rule.line },
    },
    trace: trace(policy, inputs.readOperand).map((line) => ({
      rule: line.rule.id,
      line: line.rule.line,
      result: line.result,
      why: line.why,
    })),
    estimate: plan === null ? null : estimateOf(plan, inputs),
  };
}

function rejection(action: Action): Omit<ExplainedDecision, "rule"> {
  invariant(action.kind === "reject", "an action without a plan rejects");
  const { status, message } = action;
  return { kind: "reject", targets: [], steps: [], options: {}, dropped: [], status, message };
}

function planned(plan: Plan): Omit<ExplainedDecision, "rule"> {
  const { steps, options: merged, dropped, refusal, costLimit: _, ...limits } = plan;
  const options = { ...limits, ...merged };
  if (refusal !== null) {
    const { status, message } = refusal;
    return { kind: "reject", targets: [], steps: [], options, dropped, status, message };
  }
  return {
    kind: "plan",
    targets: [...new Set(steps.flatMap(({ target }) => (target === null ? [] : [target])))],
    steps: steps.map(({ target, on }) => ({ target, on })),
    options,
    dropped,
  };
}

function estimateOf(plan: Plan, inputs: PlanInputs): CostEstimate | null {
  const name = plan.steps.find(({ target }) => target !== null)?.target;
  const target = name === undefined || name === null ? undefined : inputs.targets.get(name);
  if (target === undefined) return null;
  const ceilings = [inputs.maxTokens, plan.maxTokens, target.maxOutputTokens];
  const set = ceilings.filter((ceiling) => ceiling !== null);
  const completionTokens = set.length === 0 ? null : Math.min(...set);
  const cost = estimateCost(target, inputs.promptTokens, completionTokens, inputs.atMs);
  return {
    target: target.name,
    cost: cost === null ? null : dollarsOf(cost),
    promptTokens: inputs.promptTokens,
    completionTokens,
  };
}
