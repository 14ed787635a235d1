import { invariant } from "../../base/assert.ts";
import { dollarsOf } from "../../base/money.ts";
import { estimateCost } from "../../catalog/cost.ts";
import type { Operand } from "../../facts/fact.ts";
import type {
  Action,
  CheckedOptions,
  CheckedPolicy,
  RuleInfo,
} from "../../language/checker/checked-policy.ts";
import { besideRules } from "../../language/interpreter/beside.ts";
import { interpret } from "../../language/interpreter/interpret.ts";
import type { See } from "../../language/interpreter/sight.ts";
import { seeing, traceSeen } from "../../language/interpreter/trace.ts";
import type { Cause } from "../../protocol/cause.ts";
import { expectedAt } from "./expected-cost.ts";
import { type Asked, type ExplainedDear, explainDear } from "./explain-dear.ts";
import { type ExplainedNearMiss, explainNearMisses } from "./explain-near.ts";
import {
  type ExplainedAlso,
  type ExplainedGuard,
  explainAlsos,
  explainGuards,
} from "./explain-sides.ts";
import { type ExplainedStep, explainSteps } from "./explain-steps.ts";
import { attemptBoundsOf, type Explained, outputCeilingOf } from "./explained.ts";
import { makePlan, type PlanInputs } from "./make-plan.ts";
import type { Dropped, Plan } from "./plan.ts";
import { PlanNotes } from "./plan-notes.ts";
import { mostTokensAt, tokensAt } from "./tokens-at.ts";
import { mostOfAttempt, worstCaseOf } from "./worst-case.ts";

/** Why a request is decided as it is: what `explain --json` prints, but for the facts it was given. */
export interface Explanation {
  readonly policy: { readonly name: string; readonly hash: string };
  readonly decision: ExplainedDecision;
  readonly trace: readonly ExplainedRule[];
  /** Changes of one fact that would have led elsewhere, the nearest first. */
  readonly nearMisses: readonly ExplainedNearMiss[];
  readonly dear: readonly ExplainedDear[];
  readonly alsos: readonly ExplainedAlso[];
  readonly guards: readonly ExplainedGuard[];
  /** How each step came to its target; empty for a reject by a rule. */
  readonly steps: readonly ExplainedStep[];
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
  /** Null when the target has no known price, or the prompt's size is not known. */
  readonly cost: number | null;
  /** The most that the prompt can have; null when nothing tells. */
  readonly promptTokens: number | null;
  /** Null when neither the request, the policy nor the catalog sets a ceiling. */
  readonly completionTokens: number | null;
  /** The whole plan when everything fails, as slowly and as dearly as it can. */
  readonly worst: {
    /** Dollars; null where nothing bounds them. */
    readonly cost: number | null;
    readonly attempts: number;
    readonly timeMs: number;
  };
}

/** What an explanation is made from: what a plan is, and what stands beside the rules is found out. */
export interface ExplainInputs extends Omit<PlanInputs, "alsos" | "guards" | "witness"> {
  /** What is known of operands, where that is more than values: bounds, and what nobody asked for. */
  readonly see?: See;
  /** How the facts came to be known; given by hand when left out. */
  readonly asked?: Asked;
  /** The most tokens that the prompt can have, null for not known; `promptTokens` when left out. */
  readonly mostPromptTokens?: number | null;
  /** Ids of guards that a run need not look at. */
  readonly proved?: ReadonlySet<string>;
}

const noneProved: ReadonlySet<string> = new Set();

/** Explains the decision of one request by the reference interpreter; pure. */
export function explain(policy: CheckedPolicy, given: ExplainInputs): Explanation {
  const { see = seeing(given.readOperand), asked = { kind: "given" } } = given;
  const branch = interpret(policy, given.readOperand);
  const taken = policy.branches[branch];
  invariant(taken !== undefined, "a checked policy decides every request");
  const explained = explainedOf(policy, branch, { ...given, see });
  const lines = traceSeen(policy, see, branch);
  const rule = policy.rules[taken.rule] ?? null;
  const { plan } = explained;
  return {
    policy: { name: policy.name, hash: policy.hash },
    decision: {
      ...(plan === null ? rejection(taken.action) : planned(plan, policy.operands)),
      rule: rule === null ? null : { id: rule.id, name: rule.name, line: rule.line },
    },
    trace: lines.map(({ rule: { id, line }, result, why }) => ({ rule: id, line, result, why })),
    nearMisses: explainNearMisses(explained),
    dear: explainDear(explained, lines, asked),
    alsos: explainAlsos(explained),
    guards: explainGuards(explained),
    steps: explainSteps(explained),
    estimate: plan === null ? null : estimateOf(explained, plan, given),
  };
}

function explainedOf(
  policy: CheckedPolicy,
  branch: number,
  {
    see,
    asked: _,
    mostPromptTokens: __,
    proved = noneProved,
    ...given
  }: ExplainInputs & { readonly see: See },
): Explained {
  const beside = besideRules(policy, given.readOperand);
  const notes = new PlanNotes();
  const inputs: PlanInputs = {
    ...given,
    alsos: beside.alsos.map(({ options }) => options),
    guards: beside.guards.filter(({ id }) => !proved.has(id)),
  };
  const action = policy.branches[branch]?.action;
  const plan = action?.kind === "plan" ? makePlan(action, { ...inputs, witness: notes }) : null;
  return { policy, see, branch, inputs, plan, notes, proved };
}

function rejection(action: Action): Omit<ExplainedDecision, "rule"> {
  invariant(action.kind === "reject", "an action without a plan rejects");
  const { status, message } = action;
  return { kind: "reject", targets: [], steps: [], options: {}, dropped: [], status, message };
}

function planned(plan: Plan, operands: readonly Operand[]): Omit<ExplainedDecision, "rule"> {
  const { steps, options: merged, dropped, refusal, costLimit: _, ...limits } = plan;
  const options = { ...limits, ...withFacts(merged, operands) };
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

/** Options with the facts they count by in the place of operand indexes. */
function withFacts(
  { limits, budgets, concurrency, sticky, shadow, ...rest }: CheckedOptions,
  operands: readonly Operand[],
): Readonly<Record<string, unknown>> {
  const named = <T extends { readonly by: number | null }>(counter: T): object => {
    const { by } = counter;
    return { ...counter, by: by === null ? null : (operands[by]?.key ?? null) };
  };
  return {
    ...rest,
    ...(limits === undefined ? {} : { limits: limits.map(named) }),
    ...(budgets === undefined ? {} : { budgets: budgets.map(named) }),
    ...(concurrency === undefined ? {} : { concurrency: concurrency.map(named) }),
    ...(sticky === undefined ? {} : { sticky: named(sticky) }),
    ...(shadow === undefined ? {} : { shadow: named(shadow) }),
  };
}

function estimateOf(
  explained: Explained,
  plan: Plan,
  { mostPromptTokens, promptTokens: planned }: ExplainInputs,
): CostEstimate | null {
  const { targets, atMs, spent, live } = explained.inputs;
  const name = plan.steps.find(({ target }) => target !== null)?.target;
  const target = name === undefined || name === null ? undefined : targets.get(name);
  if (target === undefined) return null;
  const promptTokens = mostPromptTokens === undefined ? planned : mostPromptTokens;
  const ceiling = outputCeilingOf(explained);
  const ceilings = [ceiling, target.maxOutputTokens].filter((each) => each !== null);
  const completionTokens = ceilings.length === 0 ? null : Math.min(...ceilings);
  const bounds = attemptBoundsOf(explained, promptTokens);
  const expected = expectedAt(target, { tier: bounds.tier, spent, live });
  const { inputs } = explained;
  const size =
    promptTokens === null
      ? null
      : {
          promptTokens: tokensAt(target.name, promptTokens, inputs),
          outputTokens: completionTokens,
        };
  const cost = size === null ? null : estimateCost(target, size, atMs, expected);
  const worst = worstCaseOf(plan, (each) => {
    const known = targets.get(each);
    if (known === undefined) return null;
    return mostOfAttempt(known, {
      ...bounds,
      promptTokens: mostTokensAt(each, promptTokens, inputs),
    });
  });
  return {
    target: target.name,
    cost: cost === null ? null : dollarsOf(cost),
    promptTokens,
    completionTokens,
    worst: {
      cost: worst.cost === null ? null : dollarsOf(worst.cost),
      attempts: worst.attempts,
      timeMs: worst.timeMs,
    },
  };
}
