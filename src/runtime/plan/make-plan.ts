import type { DispatchDefaults } from "../../configuration/configuration.ts";
import type { Action, CheckedOptions } from "../../language/checker/checked-policy.ts";
import type { Plan, PlanStep } from "./plan.ts";
import { type ResolveInputs, resolveRoute } from "./resolve-route.ts";

/** What a plan is made from, besides the decision: the snapshot, the seed and the operator's defaults. */
export interface PlanInputs extends Omit<ResolveInputs, "outputCeiling"> {
  readonly defaults: DispatchDefaults;
  /** Ceiling on completion tokens that the client asked for; null when it gave none. */
  readonly maxTokens: number | null;
}

type PlanAction = Extract<Action, { readonly kind: "plan" }>;

/**
 * Turns a decision into a plan: pure, the same for the gateway, `explain` and the simulator. A later selection leaves
 * out the targets of earlier steps.
 */
export function makePlan(action: PlanAction, inputs: PlanInputs): Plan {
  const { options } = action;
  const resolve: ResolveInputs = {
    ...inputs,
    outputCeiling: smaller(inputs.maxTokens, options.maxTokens ?? null),
  };
  const steps: PlanStep[] = [];
  const taken: string[] = [];
  for (const { route, on } of action.steps) {
    const target = resolveRoute(route, resolve, taken);
    if (target !== null) taken.push(target);
    steps.push({ target, missing: target === null ? missingOf(route.kind) : null, on });
  }
  return { steps, ...limitsOf(options, inputs.defaults) };
}

/**
 * The most attempts a plan can lead to: each of its targets once and its retries, never more than `maxAttempts`.
 */
export function planBound(plan: Plan): number {
  const targets = new Set<string>();
  for (const { target } of plan.steps) if (target !== null) targets.add(target);
  return Math.min(plan.maxAttempts, targets.size * (1 + plan.retries));
}

function missingOf(route: string): PlanStep["missing"] {
  return route === "requested" ? "requested" : "candidate";
}

function limitsOf(options: CheckedOptions, defaults: DispatchDefaults): Omit<Plan, "steps"> {
  return {
    timeoutMs: options.timeoutMs ?? defaults.timeoutMs,
    deadlineMs: options.deadlineMs ?? defaults.deadlineMs,
    firstTokenMs: options.firstTokenMs ?? defaults.firstTokenMs,
    idleMs: options.idleMs ?? defaults.idleMs,
    retries: options.retries ?? defaults.retries,
    maxAttempts: defaults.maxAttempts,
    maxTokens: options.maxTokens ?? null,
    set: options.set ?? null,
    tags: options.tags ?? [],
  };
}

function smaller(one: number | null, other: number | null): number | null {
  if (one === null) return other;
  return other === null ? one : Math.min(one, other);
}
