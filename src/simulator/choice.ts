import { type MonthSpend, spendOfRecord, spentKey } from "../catalog/month-spend.ts";
import { type LiveTargets, noLiveTargets } from "../catalog/target-fact.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { choicesKey, tierKey } from "../extract/body-facts.ts";
import type { Beside } from "../extract/decide.ts";
import { isSafePoint } from "../extract/is-safe-point.ts";
import { keptKey, keptState } from "../extract/kept-state.ts";
import type { FactValue } from "../facts/fact.ts";
import type { Action, CheckedOptions, Route } from "../language/checker/checked-policy.ts";
import { targetOfShare } from "../language/interpreter/split-share.ts";
import { type FactFrame, frameState, frameValue } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";
import type { Cause } from "../protocol/cause.ts";
import { type BilledTier, billedTier } from "../protocol/usage.ts";
import { counterValue } from "../runtime/limits/counter-value.ts";
import { makePlan } from "../runtime/plan/make-plan.ts";
import { type Plan, stuckKey } from "../runtime/plan/plan.ts";
import { needsOf } from "../runtime/plan/route-needs.ts";
import { ratiosIn } from "../runtime/plan/tokens-at.ts";
import type { CountedRequest } from "../runtime/plan/wish-of-plan.ts";
import type { FactReader } from "./fact-reader.ts";
import type { LogTargets } from "./log-targets.ts";
import type { LoggedRequest } from "./logged-request.ts";

/** Where a decision sends a request first, when nothing fails. */
export interface Choice {
  /** Null for a rejected request, and for a plan without any target. */
  readonly target: string | null;
  /** Status of a rejection; null for a plan. */
  readonly rejects: number | null;
  /** The tier asked for, by the plan or else by the client; null for none. */
  readonly tier: BilledTier | null;
  /** The prompt's tokens, measured where the log tells; else the fact, else 0. */
  readonly promptTokens: number;
  /** What is carried out; null for a rejection, and where only the first target was asked for. */
  readonly plan: Plan | null;
}

/** What a choice rests on that lives while requests are carried out; a record tells what it was then. */
export interface LiveGrounds {
  readonly targets: LiveTargets;
  /** The target that requests of a sticky key stay with; null where they are free to go. `isSafe`: whether the conversation may move now. */
  stuck(key: string, isSafe: boolean): string | null;
}

/** A request with the facts its decision was taken on. */
export interface Decided {
  readonly request: LoggedRequest;
  readonly reader: FactReader;
  readonly frame: FactFrame;
  /** The moment whose prices hold, in milliseconds since the epoch. */
  readonly atMs: number;
}

type Split = Extract<Route, { readonly kind: "split" }>;

/** What a branch comes to without a plan. */
interface Fixed {
  readonly target: string | Split | null;
  readonly rejects: number | null;
}

type PlanAction = Extract<Action, { readonly kind: "plan" }>;

/** What a plan is made from. */
interface Grounds extends Decided {
  readonly beside: Beside;
  readonly promptTokens: number;
}

interface Needs {
  /** For a route to the target that the client itself named. */
  readonly model: boolean;
  /** For a choice by cost. */
  readonly maxTokens: boolean;
}

function namedBy(action: Action): Needs {
  const routes = action.kind === "plan" ? action.steps.map(({ route }) => route) : [];
  return {
    model: routes.some((route) => route.kind === "requested"),
    maxTokens:
      routes.some((route) => route.kind === "select" && route.by === "cheapest") ||
      (action.kind === "plan" && action.options.cost !== undefined),
  };
}

/** Turns branches into choices; what does not depend on the request is worked out once. */
export class Chooser {
  readonly #program: Program;
  readonly #targets: LogTargets;
  readonly #defaults: Configuration["dispatch"];
  readonly #seed: string | number;
  readonly #spend: MonthSpend;
  /** By branch: the target of a first step that names one or parts requests by shares, the status of a rejection, or null where a plan is needed. */
  readonly #fixed: readonly (Fixed | null)[];
  /** By branch: what its plan rests on beside the operands. */
  readonly #needs: readonly Needs[];
  readonly #live: LiveGrounds | null;
  /** Plans of branches that nothing of the request can change. */
  readonly #plans = new Map<number, Plan>();

  constructor(
    program: Program,
    parts: {
      readonly targets: LogTargets;
      readonly defaults: Configuration["dispatch"];
      readonly seed: string | number;
      /** What was spent so far. */
      readonly spend: MonthSpend;
      /** Where requests are carried out, which takes their whole plans; null, or left out, where only the first target is wanted. */
      readonly live?: LiveGrounds | null;
    },
  ) {
    this.#program = program;
    this.#targets = parts.targets;
    this.#defaults = parts.defaults;
    this.#seed = parts.seed;
    this.#spend = parts.spend;
    this.#live = parts.live ?? null;
    this.#needs = Array.from({ length: program.branchCount }, (_, branch) =>
      namedBy(program.branch(branch).action),
    );
    this.#fixed = Array.from({ length: program.branchCount }, (_, branch) => {
      const { action } = program.branch(branch);
      if (action.kind === "reject") return { target: null, rejects: action.status };
      const first = action.steps[0]?.route;
      if (isBounded(action.options)) return null;
      if (first?.kind === "target") return { target: first.target, rejects: null };
      return first?.kind === "split" ? { target: first, rejects: null } : null;
    });
  }

  /** The choice of a decided request, whose facts stand in `frame` and come from `reader`. */
  choose(branch: number, decided: Decided, beside: Beside): Choice {
    const { request, reader } = decided;
    const promptTokens = request.usage?.input ?? reader.promptTokens(request);
    const fixed = this.#isPlain(beside) ? (this.#fixed[branch] ?? null) : null;
    const { action } = this.#program.branch(branch);
    const tier = action.kind === "plan" ? tierOf(action, beside, request) : null;
    if (fixed !== null && (this.#live === null || action.kind === "reject")) {
      const { target: of, rejects } = fixed;
      const target = typeof of === "object" && of !== null ? this.#shareOf(of, decided) : of;
      return { target, rejects, tier, promptTokens, plan: null };
    }
    if (action.kind === "reject") {
      return { target: null, rejects: action.status, tier, promptTokens, plan: null };
    }
    const { frame, atMs } = decided;
    const grounds = { request, reader, frame, atMs, beside, promptTokens };
    const plan = this.#planOf(branch, action, grounds);
    const rejects = plan.refusal?.status ?? null;
    const target = rejects === null ? firstTarget(plan) : null;
    return { target, rejects, tier, promptTokens, plan };
  }

  /** Where a split sends a request, as its plan would. */
  #shareOf(split: Split, decided: Decided): string | null {
    const value = split.by === null ? undefined : this.readOperand(split.by, decided);
    return targetOfShare(split, value === undefined ? decided.request.id : String(value));
  }

  /** A plan that rests on nothing of its request is made once. */
  #planOf(branch: number, action: PlanAction, grounds: Grounds): Plan {
    const { alsos, guards } = grounds.beside;
    const isFixed = alsos.length + guards.length === 0 && needsOf(action, grounds.beside).fixed;
    if (!isFixed) return this.#plan(branch, action, grounds);
    let plan = this.#plans.get(branch);
    if (plan === undefined) {
      plan = this.#plan(branch, action, grounds);
      this.#plans.set(branch, plan);
    }
    return plan;
  }

  /** What the amounts rest on that a plan counts of a decided request. */
  countedRequest(decided: Decided, { promptTokens, tier }: Choice): CountedRequest {
    const { request, reader, atMs } = decided;
    const maxTokens = reader.named(request, "max_tokens");
    return {
      ...{ targets: this.#targets, tier, atMs, choices: choicesOf(request) },
      promptTokens: estimateOf(request) ?? promptTokens,
      maxTokens: typeof maxTokens === "number" ? maxTokens : null,
      tokenRatio: ratiosIn(request.facts ?? {}),
      readOperand: (operand) => this.readOperand(operand, decided),
    };
  }

  /** The value of an operand in a decided request; undefined where it is unknown. A fact that no test of a rule asked for is read now; one that takes its time stays unknown. */
  readOperand(
    operand: number,
    { request, reader, frame }: Omit<Decided, "atMs">,
  ): FactValue | undefined {
    const isUnasked = frame.state[operand] === frameState.unasked;
    if (isUnasked && reader.read(operand, request, frame) !== undefined) return undefined;
    return frameValue(this.#program.operands[operand]?.type, frame, operand);
  }

  #stuckAt(action: PlanAction, grounds: Grounds): string | null {
    if (this.#live === null) return stuckIn(grounds.request);
    const { sticky } = needsOf(action, grounds.beside);
    const value = sticky === null ? undefined : this.readOperand(sticky, grounds);
    if (sticky === null || value === undefined) return null;
    const { chat } = grounds.request;
    // A record does not tell whether it was in the middle of something.
    return this.#live.stuck(stickyKey(sticky, value), chat === null || isSafePoint(chat.body));
  }

  /** Whether nothing beside the rule can change which target comes first. */
  #isPlain({ alsos, guards }: Beside): boolean {
    return guards.length === 0 && !alsos.some(isBounded);
  }

  #plan(branch: number, action: PlanAction, grounds: Grounds): Plan {
    const { request, reader, atMs, beside, promptTokens } = grounds;
    const targets = this.#targets;
    const needs = this.#needs[branch] ?? namedBy(action);
    const named = needs.model ? reader.named(request, "model") : null;
    const requested = targets.requested(named)?.name ?? null;
    const asksCeiling = needs.maxTokens || restsOnCost(beside);
    const maxTokens = asksCeiling ? reader.named(request, "max_tokens") : null;
    return makePlan(action, {
      ...beside,
      targets,
      requested,
      requestId: request.id,
      seed: request.seed ?? seedOf(this.#seed, request),
      promptTokens: estimateOf(request) ?? promptTokens,
      maxTokens: typeof maxTokens === "number" ? maxTokens : null,
      choices: choicesOf(request),
      tier: askedTier(request),
      kept: keptOf(request),
      tokenRatio: ratiosIn(request.facts ?? {}),
      spent: (provider) =>
        // What a replay spent itself holds in it, not what a record tells of then.
        (this.#live === null ? spendOfRecord(request.facts?.[spentKey(provider)]) : undefined) ??
        this.#spend.spent(provider, atMs),
      atMs,
      stuck: this.#stuckAt(action, grounds),
      readOperand: (operand) => this.readOperand(operand, grounds),
      live: this.#live?.targets ?? liveTargetsOf(request),
      defaults: this.#defaults,
    });
  }
}

/** The key that a sticky plan stays with its target by: of that operand and value alone. */
export function stickyKey(operand: number, value: FactValue): string {
  return `${operand}\n${counterValue(value)}`;
}

/** Whether a ceiling may keep a request from the first target. */
function isBounded({ promptTokens, cost }: CheckedOptions): boolean {
  return promptTokens !== undefined || cost !== undefined;
}

/** Whether what stands beside the rule holds plans to what they cost. */
function restsOnCost({ alsos, guards }: Beside): boolean {
  return (
    alsos.some(({ cost }) => cost !== undefined) || guards.some(({ kind }) => kind === "ensure")
  );
}

/** By the line, and the file where there are several, so that the order of reading changes nothing. */
export function seedOf(seed: string | number, { line, file }: LoggedRequest): string {
  return file === null || file.index === 0 ? `${seed}/${line}` : `${seed}/${file.index}/${line}`;
}

/** The estimate of the prompt that a recorded choice rested on, before its tokens were measured. */
function estimateOf({ facts }: LoggedRequest): number | null {
  const tokens = facts?.["tokens"];
  return Number.isSafeInteger(tokens) && Number(tokens) >= 0 ? Number(tokens) : null;
}

/** Answers asked for at once: by the body, else by a record, which tells where they are several. */
function choicesOf({ facts, chat }: LoggedRequest): number {
  const choices = chat === null ? facts?.[choicesKey] : chat.body.n;
  return typeof choices === "number" && choices >= 1 ? choices : 1;
}

/** What of the prompt its provider keeps, so that its size is not known. */
function keptOf({ facts, chat }: LoggedRequest): string | null {
  if (chat !== null) return keptState(chat.body);
  const kept = facts?.[keptKey];
  return typeof kept === "string" ? kept : null;
}

/** The tier that the client asked for. */
function askedTier({ facts, chat }: LoggedRequest): BilledTier | null {
  return billedTier(chat === null ? facts?.[tierKey] : chat.body["service_tier"]);
}

/** The tier of a plan, which an also may have set too; else the client's own. */
function tierOf(
  { options }: PlanAction,
  { alsos }: Beside,
  request: LoggedRequest,
): BilledTier | null {
  const planned = options.tier ?? alsos.find(({ tier }) => tier !== undefined)?.tier;
  return planned ?? askedTier(request);
}

/** The target that a sticky plan stayed with when a recorded choice was made. */
function stuckIn({ facts }: LoggedRequest): string | null {
  const stuck = facts?.[stuckKey];
  return typeof stuck === "string" ? stuck : null;
}

/** What was measured of targets when a recorded choice was made. */
function liveTargetsOf({ facts }: LoggedRequest): LiveTargets {
  if (facts === null) return noLiveTargets;
  return {
    healthy: (target) => facts[`${target}.healthy`] !== false,
    measured(target, measure) {
      const value = facts[`${target}.${measure}`];
      return typeof value === "number" ? value : undefined;
    },
  };
}

/** The first target that a plan tries, past steps without one and past those beyond its ceiling on cost, as the runtime goes. */
function firstTarget({ steps, costLimit }: Plan): string | null {
  let cause: Cause | null = null;
  for (const { target, on } of steps) {
    if (cause !== null && !on.includes(cause)) continue;
    if (target === null) cause = "unavailable";
    else if (costLimit === null) return target;
    else if ((costLimit.attempts[target] ?? Number.POSITIVE_INFINITY) <= costLimit.most) {
      return target;
    } else cause = "budget_exceeded";
  }
  return null;
}
