import { dearestAttempt } from "../language/analysis/worst-case.ts";
import type { CheckedPolicy, RuleInfo } from "../language/checker/checked-policy.ts";
import { besideRules } from "../language/interpreter/beside.ts";
import { interpret } from "../language/interpreter/interpret.ts";
import type { ExplainInputs } from "../runtime/plan/explain.ts";
import { makePlan } from "../runtime/plan/make-plan.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import { type WorstCase, worstCaseOf } from "../runtime/plan/worst-case.ts";

/** How a request is decided, as far as anybody can tell from outside. */
export interface Decided {
  /** -1 where no branch decides, as only a mutant of a checked policy can have it. */
  readonly branch: number;
  readonly rule: RuleInfo | null;
  /** Null where the policy rejects. A plan that a guard or a ceiling refuses is here, with its refusal. */
  readonly plan: Plan | null;
  /** Status of a rejection, whoever rejects; null where the plan is carried out. */
  readonly status: number | null;
  /** Texts of the guards that kept a target out or refused the plan. */
  readonly guards: readonly string[];
}

type Decides = Pick<CheckedPolicy, "rules" | "branches" | "alsos" | "guards">;

/** Decides a request by the reference semantics: what `explain` explains. */
export function decideRequest(policy: Decides, given: ExplainInputs): Decided {
  const index = interpret(policy, given.readOperand);
  const branch = policy.branches[index];
  if (branch === undefined) {
    return { branch: index, rule: null, plan: null, status: null, guards: [] };
  }
  const rule = policy.rules[branch.rule] ?? null;
  const { action } = branch;
  if (action.kind === "reject") {
    return { branch: index, rule, plan: null, status: action.status, guards: [] };
  }
  const { alsos, guards } = besideRules(policy, given.readOperand);
  const options = alsos.map((each) => each.options);
  const plan = makePlan(action, { ...given, alsos: options, guards });
  const status = plan.refusal?.status ?? null;
  const texts = guards.map(({ text }) => text);
  return { branch: index, rule, plan, status, guards: guardsThatAct(plan, texts) };
}

function guardsThatAct({ dropped, refusal }: Plan, guards: readonly string[]): readonly string[] {
  const refusing =
    refusal?.code === "guard" ? guards.filter((text) => refusal.message.endsWith(text)) : [];
  return [...new Set([...dropped.map(({ guard }) => guard), ...refusing])];
}

/** Targets in the order they would be tried, each once; none where the request is rejected. */
export function targetsTried({ plan, status }: Decided): readonly string[] {
  if (plan === null || status !== null) return [];
  return [...new Set(plan.steps.flatMap(({ target }) => target ?? []))];
}

/** Every target that a plan can send a request to: those tried, and the one that gets a copy. */
export function targetsReached(decided: Decided): readonly string[] {
  const shadow = decided.status === null ? decided.plan?.options.shadow : undefined;
  const copied = shadow === undefined || shadow.parts === 0 ? [] : [shadow.target];
  return [...new Set([...targetsTried(decided), ...copied])];
}

const nothing: WorstCase = { attempts: 0, timeMs: 0, cost: 0 };

/** What a decision comes to at worst; a rejection costs nothing. */
export function worstOf({ plan, status }: Decided, inputs: ExplainInputs): WorstCase {
  if (plan === null || status !== null) return nothing;
  const ceilings = [inputs.maxTokens, plan.maxTokens].filter((each) => each !== null);
  const ceiling = ceilings.length === 0 ? null : Math.min(...ceilings);
  return worstCaseOf(plan, (name) => {
    const target = inputs.targets.get(name);
    if (target === undefined) return null;
    const dearest = dearestAttempt(target, {
      promptTokens: inputs.promptTokens,
      outputCeiling: ceiling,
      choices: inputs.choices ?? 1,
      tier: plan.options.tier ?? inputs.tier ?? null,
      timeoutMs: plan.timeoutMs,
    });
    return dearest.kind === "known" ? dearest.value : null;
  });
}

/** Whether two decisions are one, as far as anybody can tell from outside. */
export function isSameDecision(one: Decided, other: Decided): boolean {
  if (one.rule?.id !== other.rule?.id || one.status !== other.status) return false;
  if (one.plan === null || other.plan === null) return one.plan === other.plan;
  return JSON.stringify(observed(one.plan)) === JSON.stringify(observed(other.plan));
}

/** A plan without what nobody can tell: steps back to its first target, which has failed by then, and a ceiling out of reach. */
function observed({ steps, ...rest }: Plan): Plan {
  const first = steps[0]?.target ?? null;
  return {
    ...rest,
    costLimit: isCeilingOutOfReach({ steps, ...rest }) ? null : rest.costLimit,
    steps: steps.filter(({ target }, at) => at === 0 || first === null || target !== first),
  };
}

/** Whether all attempts that could be made cost less than the ceiling on them. */
function isCeilingOutOfReach({ costLimit, retries }: Plan): boolean {
  if (costLimit === null) return true;
  const costs = Object.values(costLimit.attempts);
  const sum = costs.reduce<number>((all, cost) => all + (cost ?? Number.POSITIVE_INFINITY), 0);
  return sum * (1 + retries) <= costLimit.most;
}

/** A decision in the words of a policy: `claude fallback qwen`, `reject 413`. */
export function decisionWords(decided: Decided): string {
  if (decided.status !== null) return `reject ${decided.status}`;
  if (decided.plan === null) return "no outcome";
  const targets = targetsTried(decided);
  return targets.length === 0 ? "a plan without any target" : targets.join(" fallback ");
}
