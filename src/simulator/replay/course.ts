import type { Picodollars } from "../../base/money.ts";
import type { RunningSpend } from "../../catalog/month-spend.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { Cause } from "../../protocol/cause.ts";
import { type Dispatch, dispatch } from "../../runtime/dispatch/dispatch.ts";
import type { AttemptRecord, DispatchResult } from "../../runtime/dispatch/machine-types.ts";
import type { Admission, Pass } from "../../runtime/limits/admission.ts";
import { askLeave, type Leave } from "../../runtime/plan/ask-leave.ts";
import { type Counted, nothing } from "../../runtime/plan/counted.ts";
import { noPlan, type Plan } from "../../runtime/plan/plan.ts";
import { amountsOf, type CountedTake } from "../../runtime/plan/wish-of-plan.ts";
import { attemptCost } from "../../runtime/telemetry/decision-record.ts";
import { useOf } from "../../runtime/telemetry/use-of.ts";
import { type Choice, stickyKey } from "../choice.ts";
import type { LogTargets } from "../log-targets.ts";
import type { VirtualWorld } from "../virtual-world.ts";
import type { AnswerLengths } from "./answer-lengths.ts";
import type { Arrival } from "./arrivals.ts";
import { askedKey } from "./asked-key.ts";
import type { EndedRequest, Ending } from "./ended-request.ts";
import { bytesOfAnswer, type Follower, type KeptAnswer, type KeptAnswers } from "./kept-answers.ts";
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
  readonly playsLog: boolean;
  ended(request: EndedRequest): void;
  /** Attempts were made that answered no request: to keep an answer fresh. */
  beside(costs: readonly (Picodollars | null)[]): void;
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

const clientGoneStatus = 499;

/** How a request ended, where no attempt was made for it. */
interface Unsent {
  readonly ending: Ending;
  readonly answeredBy?: string;
  readonly cause?: Cause;
  readonly limitedBy?: string;
  readonly saved?: Picodollars;
}

/** The course of one request through a virtual gateway, in the order in which the gateway takes these steps. */
export class Course implements Follower {
  readonly #around: Surroundings;
  readonly #decided: DecidedRequest;
  readonly #plan: Plan | null;
  readonly #job: ReplayedJob;
  readonly #arrivedAtMs: number;
  /** Under which its answer is kept, where it leads others that ask the same. */
  #leads: string | null = null;
  #sticky: string | null = null;
  #dispatch: Dispatch | null = null;
  #pass: Pass | null = null;
  #takes: readonly CountedTake[] = [];
  #counted: Counted | null = null;
  /** Ends the waiting for leave. */
  #leave = (): void => undefined;
  #over = false;

  constructor(around: Surroundings, decided: DecidedRequest) {
    const { choice } = decided;
    const { request } = decided.arrival;
    this.#around = around;
    this.#decided = decided;
    this.#plan = choice.plan;
    this.#arrivedAtMs = around.world.now();
    const output = request.usage?.output ?? null;
    const asked = choice.plan?.options.cache === undefined ? null : request.outcome().cacheKey;
    if (output !== null) around.lengths.note(asked, output);
    const outputTokens = output ?? around.lengths.guess(asked, request.id);
    this.#job = this.#jobOf(outputTokens, (result) => this.#sent(result));
  }

  #jobOf(outputTokens: number, ended: (result: DispatchResult) => void): ReplayedJob {
    const { arrival, choice, seed } = this.#decided;
    return new ReplayedJob({
      ...{ ...arrival, seed, tier: choice.tier, promptTokens: choice.promptTokens },
      ...{ plan: choice.plan ?? noPlan, outputTokens, ended, caller: this.#decided.caller },
    });
  }

  begin(): void {
    const plan = this.#plan;
    if (plan === null || plan.refusal !== null) {
      this.#end({ ending: "rejected" });
      return;
    }
    const { sticky } = plan.options;
    const stays = sticky === undefined ? undefined : this.#decided.readOperand(sticky.by);
    if (sticky !== undefined && stays !== undefined) this.#sticky = stickyKey(sticky.by, stays);
    this.#mayLeave();
    this.#counted = this.#decided.counted(plan);
    if (this.#counted === null) this.#admitted(plan);
    else this.#ask(plan, this.#counted);
  }

  /** A client that did not wait for its answer does not wait for it here either. */
  #mayLeave(): void {
    const { playsLog, world } = this.#around;
    if (!playsLog || this.#job.copy > 0) return;
    const { status, durationMs } = this.#job.logged;
    if (status !== clientGoneStatus || durationMs === null) return;
    world.at(this.#arrivedAtMs + durationMs, () => {
      if (this.#dispatch !== null) this.#dispatch.clientGone();
      else if (!this.#over) this.#leave();
    });
  }

  #ask(plan: Plan, counted: Counted): void {
    const { admission, world } = this.#around;
    let limitedBy = "";
    this.#leave = askLeave(
      { admission, now: () => world.now(), plan, counted, caller: this.#job.caller },
      {
        limited: (option) => {
          limitedBy = option;
        },
        answered: (leave) => this.#told(plan, leave, limitedBy),
        failed(error) {
          throw error;
        },
      },
    );
  }

  #told(plan: Plan, leave: Leave, limitedBy: string): void {
    if (leave.kind === "gone") this.#end({ ending: "client-gone" });
    else if (leave.kind === "pass") {
      this.#pass = leave.pass;
      this.#takes = leave.takes;
      this.#job.refused = leave.spent ?? undefined;
      this.#admitted(plan);
    } else if (leave.kind === "spent")
      this.#end({ ending: "limited", cause: leave.failure.cause, limitedBy });
    else this.#end({ ending: "limited", limitedBy: leave.option });
  }

  #admitted(plan: Plan): void {
    if (this.#job.refused === undefined && this.#isDeferred(plan)) this.#defer(plan);
    else this.#visitCache(plan);
  }

  /** The answer to one that asked the same is there. */
  given(answer: KeptAnswer): void {
    this.#end({ ending: "cached", answeredBy: answer.target, saved: answer.cost ?? 0 });
  }

  leads(): void {
    this.#send();
  }

  /** Whether it waits for its answer in the batch lane: of streams, and at providers without batches, no request does. */
  #isDeferred({ options, steps }: Plan): boolean {
    const target = this.#around.targets.get(steps[0]?.target ?? "");
    return (
      options.batchWithinMs !== undefined && target?.hasBatches === true && !this.#job.streamed
    );
  }

  #defer({ steps }: Plan): void {
    const target = steps[0]?.target ?? "";
    const { world } = this.#around;
    const startedAtMs = world.now();
    const usage = { ...this.#job.usageAt(target), tier: "batch" as const };
    const record: AttemptRecord = {
      ...{ attempt: 0, hedge: false, target, step: 0, startedAtMs, endedAtMs: startedAtMs },
      ...{ firstTokenAtMs: null, outcome: { kind: "ok" }, usage },
    };
    this.#end({ ending: "deferred", answeredBy: target }, [record]);
  }

  #visitCache(plan: Plan): void {
    const { kept, world, configuration } = this.#around;
    const { cache, staleMs = 0 } = plan.options;
    const first = plan.steps.find(({ target }) => target !== null)?.target ?? null;
    const isKept = cache !== undefined && cache.kind !== "off" && first !== null;
    const key = isKept ? askedKey(this.#job, first, configuration.cache.scope) : null;
    if (key === null || !isKept) {
      this.#send();
      return;
    }
    const found = kept.find(key, { forMs: cache.forMs, staleMs }, world.now());
    if (found !== null) {
      this.given(found.answer);
      if (found.state === "stale") this.#refresh(key);
      return;
    }
    this.#leads = key;
    if (!kept.follow(key, this)) this.#send();
  }

  /** Asks for a new answer beside the one that was given. */
  #refresh(key: string): void {
    const { kept, world } = this.#around;
    if (kept.follow(key, { given() {}, leads: () => kept.landed(key, null) })) return;
    const job = this.#jobOf(this.#job.outputTokens, ({ outcome, attempts }) => {
      const costs = attempts.map((attempt) => this.#costOf(attempt));
      this.#around.beside(costs);
      this.#leads = key;
      const target = outcome === "ok" ? (attempts.at(-1)?.target ?? null) : null;
      this.#land(outcome === "ok" ? "ok" : "failed", target, costs);
    });
    dispatch(job, world);
  }

  #send(): void {
    const { world } = this.#around;
    const waitedMs = world.now() - this.#arrivedAtMs;
    const { plan } = this.#job;
    if (waitedMs > 0) this.#job.plan = { ...plan, deadlineMs: plan.deadlineMs - waitedMs };
    this.#dispatch = dispatch(this.#job, world);
  }

  #sent({ outcome, failure, attempts }: DispatchResult): void {
    const answered = outcome === "ok" ? (attempts.at(-1)?.target ?? null) : null;
    const { sticky } = this.#job.plan.options;
    if (answered !== null && this.#sticky !== null && sticky !== undefined)
      this.#around.stayWith(this.#sticky, answered, sticky.forMs);
    const ending = outcome === "failed" ? "failed" : outcome;
    this.#end(
      {
        ending,
        ...(answered === null ? {} : { answeredBy: answered }),
        ...(failure === null ? {} : { cause: failure.cause }),
      },
      attempts,
    );
  }

  #end(unsent: Unsent, attempts: readonly AttemptRecord[] = []): void {
    const { ending, answeredBy = null, cause = null, limitedBy = null, saved = 0 } = unsent;
    const { arrival, branch, choice } = this.#decided;
    const costs = attempts.map((attempt) => this.#costOf(attempt));
    const endedAtMs = this.#around.world.now();
    const last = attempts.at(-1);
    const firstTokenAtMs = answeredBy === null ? null : (last?.firstTokenAtMs ?? null);
    this.#over = true;
    this.#settle(ending, attempts, costs);
    this.#around.ended({
      ...{ arrival, branch, choice, ending, answeredBy, cause, limitedBy, attempts, costs },
      ...{ saved, firstTokenAtMs, endedAtMs, arrivedAtMs: this.#arrivedAtMs },
    });
    this.#land(ending, answeredBy, costs);
  }

  /** Gives back what was reserved beyond what it came to. What waits in the batch lane counts for what it is expected to. */
  #settle(
    ending: Ending,
    attempts: readonly AttemptRecord[],
    costs: readonly (Picodollars | null)[],
  ): void {
    const pass = this.#pass;
    this.#pass = null;
    if (pass === null || this.#counted === null) return;
    const { expected } = this.#counted;
    const unsent = ending === "cached" ? nothing : null;
    const used = attempts.length === 0 ? unsent : useOf({ attempts, costs }, expected);
    void pass.end(amountsOf(this.#takes, ending === "deferred" ? expected : used));
  }

  #costOf(attempt: AttemptRecord): Picodollars | null {
    const { targets, spend } = this.#around;
    const target = targets.get(attempt.target);
    if (target === undefined) return null;
    const { provider, discounts } = target;
    const spent = discounts === undefined ? 0n : spend.spent(provider, attempt.startedAtMs);
    const cost = attemptCost(attempt, targets, attempt.startedAtMs, spent);
    if (cost !== null) spend.add(provider, cost, attempt.endedAtMs);
    return cost;
  }

  /** Those that wait for its answer get it, or go on without. */
  #land(ending: Ending, target: string | null, costs: readonly (Picodollars | null)[]): void {
    const key = this.#leads;
    if (key === null || ending === "cached") return;
    this.#leads = null;
    const isWhole = ending === "ok" && target !== null;
    const bytes = bytesOfAnswer(this.#job.outputTokens);
    const storedAtMs = this.#around.world.now();
    const cost = costs.at(-1) ?? null;
    this.#around.kept.landed(key, isWhole ? { target, storedAtMs, cost, bytes } : null);
  }
}
