import type { Picodollars } from "../../base/money.ts";
import { hasFlex } from "../../catalog/cost.ts";
import type { RunningSpend } from "../../catalog/month-spend.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { AttemptRecord, DispatchResult } from "../../runtime/dispatch/machine-types.ts";
import type { Admission } from "../../runtime/limits/admission.ts";
import type { Counted } from "../../runtime/plan/counted.ts";
import { noPlan, type Plan } from "../../runtime/plan/plan.ts";
import { attemptCost } from "../../runtime/telemetry/decision-record.ts";
import type { Choice } from "../choice.ts";
import type { LogTargets } from "../log-targets.ts";
import type { VirtualWorld } from "../virtual-world.ts";
import type { AnswerLengths } from "./answer-lengths.ts";
import type { Arrival } from "./arrivals.ts";
import type { VirtualLane } from "./batch-lane.ts";
import type { BesideAttempts, EndedRequest } from "./ended-request.ts";
import type { KeptAnswers } from "./kept-answers.ts";
import type { PromptSizes } from "./prompt-sizes.ts";
import { ReplayedJob } from "./replayed-job.ts";

/** The virtual gateway that requests take their course through. */
export interface Surroundings {
  readonly world: VirtualWorld<ReplayedJob>;
  readonly configuration: Configuration;
  readonly targets: LogTargets;
  readonly spend: RunningSpend;
  readonly kept: KeptAnswers;
  readonly admission: Admission;
  readonly lengths: AnswerLengths;
  readonly prompts: PromptSizes;
  readonly lane: VirtualLane;
  readonly playsLog: boolean;
  ended(request: EndedRequest): void;
  beside(attempts: BesideAttempts): void;
  /** Requests of a sticky key stay with a target. */
  stayWith(key: string, target: string, forMs: number): void;
}

/** A request that its policy decided on. */
export interface DecidedRequest {
  readonly arrival: Arrival;
  readonly branch: number;
  readonly choice: Choice;
  /** What its choices are drawn from. */
  readonly seed: string | number;
  /** Whom queues are fair between. */
  readonly caller: string;
  /** What a plan counts of it, and what is counted beside it; null for nothing. */
  readonly counted: (plan: Plan) => Counted | null;
  /** The value of an operand of the policy at the moment of the decision. */
  readonly readOperand: (operand: number) => FactValue | undefined;
}

/** What each attempt cost, in their order; null where that is not known. */
export type Costs = readonly (Picodollars | null)[];

/** What is told of a job under way, and how long its answer is. */
export interface JobEnds {
  readonly outputTokens: number;
  readonly ended: (result: DispatchResult) => void;
  /** Told of the target whose answer becomes the client's. */
  readonly begins?: NonNullable<ReplayedJob["begins"]>;
}

/** A job that carries a decided request out, with an answer of so many tokens. */
export function jobOf(
  { targets }: Surroundings,
  { arrival, choice, seed, caller }: DecidedRequest,
  { outputTokens, ended, begins }: JobEnds,
): ReplayedJob {
  const { promptTokens } = choice;
  return new ReplayedJob({
    ...{ ...arrival, seed, promptTokens },
    tierAt(name) {
      const target = targets.get(name);
      const isServed = choice.tier !== "flex" || (target !== undefined && hasFlex(target));
      return isServed ? choice.tier : null;
    },
    ...{ plan: choice.plan ?? noPlan, outputTokens, ended, caller },
    ...(begins === undefined ? {} : { begins }),
  });
}

/** What attempts cost at the moment when they were made, counted as spent; null where no price is known, or no size of what was asked. */
export function costsOf(
  { targets, spend }: Surroundings,
  attempts: readonly AttemptRecord[],
): Costs {
  return attempts.map((attempt) => {
    const target = targets.get(attempt.target);
    const isSizeless = attempt.usage?.estimated === true && attempt.usage.inputTokens === 0;
    if (target === undefined || isSizeless) return null;
    const { provider, discounts } = target;
    const spent = discounts === undefined ? 0n : spend.spent(provider, attempt.startedAtMs);
    const cost = attemptCost(attempt, targets, attempt.startedAtMs, spent);
    if (cost !== null) spend.add(provider, cost, attempt.endedAtMs);
    return cost;
  });
}

/** What attempts in batches cost less than they would have at once; null where a price is not known. */
export function savedByBatch(
  { targets }: Pick<Surroundings, "targets">,
  attempts: readonly AttemptRecord[],
  costs: Costs,
): Picodollars | null {
  let saved = 0;
  for (const [index, attempt] of attempts.entries()) {
    if (attempt.usage?.tier !== "batch") continue;
    const { tier: _tier, ...usage } = attempt.usage;
    const list = attemptCost({ ...attempt, usage }, targets, attempt.startedAtMs);
    const cost = costs[index] ?? null;
    if (list === null || cost === null) return null;
    saved += Math.max(list - cost, 0);
  }
  return saved;
}
