import type { Picodollars } from "../../base/money.ts";
import type { Target } from "../../catalog/target.ts";
import type { DispatchDefaults } from "../../configuration/configuration.ts";
import type { Action, CheckedOptions } from "../../language/checker/checked-policy.ts";
import { hasOption, mergeOptions } from "../../language/interpreter/merge-options.ts";
import type { EnforcedGuard } from "../../language/program/program.ts";
import { ceilingOf, compare, GuardKeeper, isCostCeiling, restsOnSize } from "./guard-keeper.ts";
import type { CostLimit, Plan, PlanStep, Refusal } from "./plan.ts";
import { type ResolveInputs, resolveRoute, sparesOf } from "./resolve-route.ts";
import { mostTokensAt } from "./tokens-at.ts";
import { mostOfAttempt, worstCaseOf } from "./worst-case.ts";

/** What a plan is made from, besides the decision: the snapshot, the seed and the operator's defaults. */
export interface PlanInputs extends Omit<ResolveInputs, "outputCeiling" | "permits"> {
  readonly defaults: DispatchDefaults;
  /** Ceiling on completion tokens that the client asked for; null when it gave none. */
  readonly maxTokens: number | null;
  /** Answers that the client asks for at once; 1 when left out. */
  readonly choices?: number;
  /** Options of the alsos that apply to the request, in source order. */
  readonly alsos: readonly CheckedOptions[];
  /** Guards that hold for the request. */
  readonly guards: readonly EnforcedGuard[];
  /** The target that prompts are sent to, to be placed, where the plan has a semantic cache; null or absent where none are sent. */
  readonly embeddings?: string | null;
}

type PlanAction = Extract<Action, { readonly kind: "plan" }>;

/**
 * Turns a decision into a plan: pure, the same for the gateway, `explain` and the simulator. A later selection leaves
 * out the targets of earlier steps, and no step leads to a target that a guard forbids.
 */
export function makePlan(action: PlanAction, inputs: PlanInputs): Plan {
  const options = mergeOptions(action.options, inputs.alsos);
  const draft = new PlanDraft(options, inputs);
  const steps = draft.stepsOf(action);
  const ceiling = ceilingOn(options, inputs.guards);
  const plan = {
    steps,
    ...limitsOf(options, inputs.defaults),
    costLimit: ceiling === null ? null : { most: ceiling, attempts: draft.attemptCosts(steps) },
    options: draft.optionsKept,
    dropped: draft.dropped,
  };
  return { ...plan, refusal: draft.refusalOf(plan) };
}

/** The steps of one plan in the making, and what guards have to say of them. */
class PlanDraft {
  readonly #options: CheckedOptions;
  readonly #inputs: PlanInputs;
  readonly #resolve: ResolveInputs;
  readonly #keeper: GuardKeeper;

  constructor(options: CheckedOptions, inputs: PlanInputs) {
    this.#options = options;
    this.#inputs = inputs;
    this.#resolve = {
      ...inputs,
      outputCeiling: smaller(inputs.maxTokens, options.maxTokens ?? null),
      tier: options.tier ?? inputs.tier ?? null,
      permits: (name) => this.#keeper.permits(name),
    };
    this.#keeper = new GuardKeeper(inputs.guards, this.#resolve, (target) =>
      this.#attemptCost(target),
    );
  }

  get dropped(): Plan["dropped"] {
    return this.#keeper.dropped;
  }

  /**
   * The options, without a shadow that a guard forbids, and with an exact cache in place of a semantic one where a guard forbids
   * that the prompt is sent to be placed.
   */
  get optionsKept(): CheckedOptions {
    const { shadow, ...rest } = this.#options;
    const isShadowed = shadow !== undefined && this.#keeper.permits(shadow.target);
    const kept = shadow === undefined || isShadowed ? this.#options : rest;
    const { embeddings = null } = this.#inputs;
    if (kept.cache?.kind !== "semantic" || embeddings === null) return kept;
    if (this.#keeper.permitsPrompt(embeddings)) return kept;
    return { ...kept, cache: { kind: "exact", forMs: kept.cache.forMs } };
  }

  stepsOf(action: PlanAction): readonly PlanStep[] {
    const taken: string[] = [];
    return action.steps.map(({ route, on }, index): PlanStep => {
      this.#inputs.witness?.step(index);
      const before = this.#keeper.dropped.length;
      const found = resolveRoute(route, this.#resolve, taken);
      const isForbidden = found !== null && route.kind !== "select" && !this.#keeper.permits(found);
      const target = isForbidden ? null : found;
      if (target !== null) taken.push(target);
      const forbids = isForbidden || this.#keeper.dropped.length > before;
      const missing = target === null ? missingOf(route.kind, forbids) : null;
      const spares = missing === "candidate" ? sparesOf(route, this.#resolve, taken) : null;
      return { target, missing, on, ...(spares === null ? {} : { spares }) };
    });
  }

  /** What one attempt at each target of the steps can cost at most. */
  attemptCosts(steps: readonly PlanStep[]): CostLimit["attempts"] {
    const costs: Record<string, Picodollars | null> = {};
    for (const { target: chosen, spares = [] } of steps) {
      for (const name of chosen === null ? spares : [chosen]) {
        const target = this.#inputs.targets.get(name);
        if (target !== undefined) costs[target.name] = this.#attemptCost(target);
      }
    }
    return costs;
  }

  /** Why the plan must not be carried out; null when it may. */
  refusalOf(plan: Omit<Plan, "refusal">): Refusal | null {
    const ceiling = this.#options.promptTokens;
    const kept = this.#inputs.kept ?? null;
    if (ceiling !== undefined && kept !== null) {
      const message = `the policy takes prompts of at most ${ceiling} tokens here, and ${sizeUnknown(kept)}`;
      return { status: 413, code: "tokens_exceeded", message };
    }
    if (ceiling !== undefined && this.#inputs.promptTokens > ceiling) {
      const message = `the policy takes prompts of at most ${ceiling} tokens here, and this one has ${this.#inputs.promptTokens}`;
      return { status: 413, code: "tokens_exceeded", message };
    }
    const broken = this.#inputs.guards.find((guard) => !this.#meets(guard, plan));
    if (broken !== undefined) return this.#refusedBy(broken);
    const isLeft = plan.steps.some(({ target }) => target !== null);
    const isForbidden = plan.steps.some(({ missing }) => missing === "guard");
    if (isLeft) return kept === null ? null : unaffordable(plan, kept);
    if (!isForbidden) return null;
    const first = this.#inputs.guards.find(({ text }) => text === plan.dropped[0]?.guard);
    return first === undefined ? null : this.#refusedBy(first);
  }

  #refusedBy(guard: EnforcedGuard): Refusal {
    const { id, text } = guard;
    this.#inputs.witness?.refusedBy(id);
    const { kept = null } = this.#inputs;
    const why = kept !== null && restsOnSize(guard) ? ` (${sizeUnknown(kept)})` : "";
    return {
      status: 403,
      code: "guard",
      message: `a guard of the policy forbids it: ${text}${why}`,
    };
  }

  /** Whether a plan is as an `ensure` demands; a `never`, and a ceiling on cost, have been seen to step by step. */
  #meets(guard: EnforcedGuard, plan: Omit<Plan, "refusal">): boolean {
    if (guard.kind === "never") return true;
    const { requirement } = guard;
    if (requirement.kind === "has") {
      if (requirement.what === "fallback") return plan.steps.length > 1;
      return hasOption(plan.options, requirement.what);
    }
    if (isCostCeiling(requirement)) return true;
    if (requirement.of === "cost" && (this.#inputs.kept ?? null) !== null) return false;
    const worst = worstCaseOf(plan, (name) => {
      const target = this.#inputs.targets.get(name);
      return target === undefined ? null : this.#attemptCost(target);
    });
    const figure = { cost: worst.cost, time: worst.timeMs, attempts: worst.attempts }[
      requirement.of
    ];
    return figure !== null && compare(figure, requirement.op, requirement.value);
  }

  #attemptCost(target: Target): Picodollars | null {
    const { kept = null, choices = 1 } = this.#inputs;
    // Of a size that nobody can tell, all that the target takes.
    const counted = kept === null ? this.#inputs.promptTokens : null;
    const promptTokens = mostTokensAt(target.name, counted, this.#inputs);
    const { outputCeiling, tier = null } = this.#resolve;
    const timeoutMs = this.#options.timeoutMs ?? this.#inputs.defaults.timeoutMs;
    return mostOfAttempt(target, { promptTokens, outputCeiling, choices, tier, timeoutMs });
  }
}

function sizeUnknown(kept: string): string {
  return `the size of the prompt cannot be known: ${kept} stands for what only the provider knows`;
}

/** The refusal of a plan of which no attempt is sure to stay below the ceiling on cost; null where one is. */
function unaffordable({ steps, costLimit }: Omit<Plan, "refusal">, kept: string): Refusal | null {
  if (costLimit === null) return null;
  const never = Number.POSITIVE_INFINITY;
  const isPaid = ({ target }: PlanStep): boolean =>
    target !== null && (costLimit.attempts[target] ?? never) <= costLimit.most;
  if (steps.some(isPaid)) return null;
  const message = `the policy has a ceiling on cost here, and ${sizeUnknown(kept)}`;
  return { status: 413, code: "cost_ceiling", message };
}

function missingOf(route: string, forbidden: boolean): PlanStep["missing"] {
  if (forbidden) return "guard";
  return route === "requested" ? "requested" : "candidate";
}

/** The lower of the plan's own ceiling on cost and those that guards set. */
function ceilingOn({ cost }: CheckedOptions, guards: readonly EnforcedGuard[]): Picodollars | null {
  let ceiling = cost ?? null;
  for (const guard of guards) {
    if (guard.kind !== "ensure" || guard.requirement.kind !== "bound") continue;
    if (isCostCeiling(guard.requirement)) ceiling = smaller(ceiling, ceilingOf(guard.requirement));
  }
  return ceiling;
}

type Limits = Omit<Plan, "steps" | "costLimit" | "options" | "dropped" | "refusal">;

function limitsOf(options: CheckedOptions, defaults: DispatchDefaults): Limits {
  return {
    timeoutMs: options.timeoutMs ?? defaults.timeoutMs,
    deadlineMs: options.deadlineMs ?? defaults.deadlineMs,
    firstTokenMs: options.firstTokenMs ?? defaults.firstTokenMs,
    idleMs: options.idleMs ?? defaults.idleMs,
    minTps: options.minTps ?? null,
    continuations: options.continuations ?? 0,
    holdsAnswer: options.accept !== undefined,
    hedgeAfterMs: options.hedgeAfterMs ?? null,
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
