import type { Picodollars } from "../../base/money.ts";
import type { Cause } from "../../protocol/cause.ts";
import { ageOf, anyAnswer, freshness } from "../../runtime/cache/freshness.ts";
import { type Dispatch, dispatch } from "../../runtime/dispatch/dispatch.ts";
import { deadlineFailure } from "../../runtime/dispatch/machine-failures.ts";
import type { AttemptRecord, DispatchResult } from "../../runtime/dispatch/machine-types.ts";
import type { Pass } from "../../runtime/limits/admission.ts";
import { askLeave, type Leave } from "../../runtime/plan/ask-leave.ts";
import { type Counted, nothing } from "../../runtime/plan/counted.ts";
import { namesNothing, type Plan } from "../../runtime/plan/plan.ts";
import { amountsOf, type CountedTake } from "../../runtime/plan/wish-of-plan.ts";
import { useOf } from "../../runtime/telemetry/use-of.ts";
import { cutStream } from "../../runtime/transport/transport-failure.ts";
import { stickyKey } from "../choice.ts";
import type { LoggedOutcome } from "../logged-request.ts";
import type { Ending, Waited } from "./ended-request.ts";
import type { KeptAnswer } from "./kept-answers.ts";
import { type Lookup, lookupOf } from "./lookup.ts";
import { refreshKept } from "./refresh-kept.ts";
import type { ReplayedJob } from "./replayed-job.ts";
import { type Found, keepAnswer, ReplayedVisit, type Visitor } from "./replayed-visit.ts";
import {
  costsOf,
  type DecidedRequest,
  jobOf,
  type Surroundings,
  savedByBatch,
} from "./surroundings.ts";
import { type LineEnd, laneCaller } from "./waiting-line.ts";
import { whileWaiting } from "./while-waiting.ts";

const clientGoneStatus = 499;

/** Longer than that nobody waits for leave, a turn or another's answer. */
const mostWaitMs = 3_600_000;

/** Whether the log tells that the client did not wait for the end of its answer. */
function hasLeft({ ok, status, attempts }: LoggedOutcome): boolean {
  const last = attempts.at(-1);
  const isStopped = last?.outcome === "aborted" && last.code === "client-gone";
  return status === clientGoneStatus || (ok === false && isStopped);
}

/** How a request ended, where no attempt was made for it. */
interface Unsent {
  readonly ending: Ending;
  readonly answeredBy?: string;
  readonly cause?: Cause;
  readonly limitedBy?: string;
  readonly saved?: Picodollars;
  readonly found?: Found;
  readonly movedBy?: Cause | undefined;
  readonly waited?: Omit<Waited, "saved">;
}

const dayMs = 86_400_000;

/** Limits and concurrency are for requests whose clients wait, and what is kept was looked up before. */
function budgetsAlone(plan: Plan): Plan {
  const { limits: _limits, concurrency: _concurrency, cache: _cache, ...options } = plan.options;
  return { ...plan, options };
}

/** What is left of a plan whose first steps a spent budget does not pay for. */
function behindBudget(plan: Plan): Plan {
  const from = plan.steps.findIndex(({ on }) => on.includes("budget_exceeded"));
  return { ...plan, steps: plan.steps.slice(Math.max(from, 0)) };
}

/** A request of which the log tells no size is as long as another: the same at each of its attempts, and under any policy. */
function sizedBy({ prompts }: Surroundings, decided: DecidedRequest): DecidedRequest {
  const { choice, arrival } = decided;
  const promptTokens = prompts.sizeOf(choice.promptTokens, arrival.request.id);
  return promptTokens === choice.promptTokens
    ? decided
    : { ...decided, choice: { ...choice, promptTokens } };
}

/** The course of one request through a virtual gateway, in the order in which the gateway takes these steps. */
export class Course implements Visitor {
  readonly #around: Surroundings;
  #decided: DecidedRequest;
  readonly #plan: Plan | null;
  #job: ReplayedJob;
  readonly #arrivedAtMs: number;
  /** At the cache; null where its answer is not kept. */
  #visit: ReplayedVisit | null = null;
  #lookup: Lookup | null = null;
  /** Its client has left, and it goes on for those that wait for its answer. */
  #isMute = false;
  /** A budget that is spent, whose steps are passed over. */
  #spentBy: string | null = null;
  #sticky: string | null = null;
  #dispatch: Dispatch | null = null;
  #pass: Pass | null = null;
  #takes: readonly CountedTake[] = [];
  #counted: Counted | null = null;
  /** Ends the waiting for leave. */
  #leave = (): void => undefined;
  #over = false;

  constructor(around: Surroundings, given: DecidedRequest) {
    const decided = sizedBy(around, given);
    const { choice } = decided;
    const { request } = decided.arrival;
    this.#around = around;
    this.#decided = decided;
    this.#plan = choice.plan;
    this.#arrivedAtMs = around.world.now();
    const isCut = around.playsLog && decided.arrival.copy === 0 && hasLeft(request.outcome());
    const told = request.usage?.output ?? null;
    // What had come when its client left is not all of the answer.
    const output = isCut ? null : told;
    const asked = choice.plan?.options.cache === undefined ? null : request.outcome().cacheKey;
    if (output !== null) around.lengths.note(asked, output);
    const outputTokens = output ?? Math.max(around.lengths.guess(asked, request.id), told ?? 0);
    const ended = (result: DispatchResult): void => this.#sent(result);
    const begins = (target: string, continues: boolean): void =>
      this.#visit?.begins(target, continues);
    this.#job = jobOf(around, decided, { outputTokens, ended, begins });
  }

  begin(): void {
    const plan = this.#plan;
    if (plan === null || plan.refusal !== null) {
      this.#end({ ending: "rejected" });
      return;
    }
    if (namesNothing(plan)) {
      this.#end({ ending: "failed" });
      return;
    }
    const { sticky } = plan.options;
    const stays = sticky === undefined ? undefined : this.#decided.readOperand(sticky.by);
    if (sticky !== undefined && stays !== undefined) this.#sticky = stickyKey(sticky.by, stays);
    this.#mayLeave();
    if (this.#isLine) {
      if (!this.#isKept(plan)) this.#count(plan, budgetsAlone(plan));
    } else this.#count(plan, plan);
  }

  /** Asks leave for what a plan counts of it. */
  #count(plan: Plan, counts: Plan): void {
    this.#counted = this.#decided.counted(counts);
    if (this.#counted === null) this.#admitted(plan);
    else this.#ask({ plan, counts }, this.#counted);
  }

  /** Whether it was a line of a batch that its client made: under any policy it waits for its answer, for a day. */
  get #isLine(): boolean {
    const { isBatch, isDeferred } = this.#job.logged;
    return isBatch && !isDeferred;
  }

  /** Whether a line was given a kept answer, as long as that is fresh: it has time. */
  #isKept(plan: Plan): boolean {
    const lookup = this.#lookupOf(plan);
    if (lookup === null) return false;
    const { about, lifetime } = lookup;
    // Its answer is kept by that of its first target alone, so that nothing of the request is held till then.
    this.#lookup = { ...lookup, aboutAt: () => about, meaning: null, words: () => null };
    const answer = this.#around.kept.find(about.key);
    const ageMs = answer === null ? 0 : ageOf(answer.storedAtMs, this.#around.world.now());
    if (answer === null || freshness(ageMs, lifetime, anyAnswer) !== "fresh") return false;
    this.given(answer, { by: "same", agrees: null }, false);
    return true;
  }

  /** A client that did not wait for its answer does not wait for it here either. */
  #mayLeave(): void {
    const { playsLog, world } = this.#around;
    const { logged, copy, plan } = this.#job;
    const { durationMs } = logged;
    if (!playsLog || copy > 0 || durationMs === null || !hasLeft(logged)) return;
    const leftMs = Math.min(Math.max(durationMs, 0), plan.deadlineMs + mostWaitMs);
    world.at(this.#arrivedAtMs + leftMs, () => this.#clientGone());
  }

  #clientGone(): void {
    if (this.#over) return;
    const left = this.#visit?.leave() ?? "sent";
    if (left === "over") this.#end({ ending: "client-gone" });
    else if (this.#dispatch === null) this.#leave();
    else if (left === "goes-on") this.#isMute = true;
    else this.#dispatch.clientGone();
  }

  #ask({ plan, counts }: { readonly plan: Plan; readonly counts: Plan }, counted: Counted): void {
    const { admission, world } = this.#around;
    let limitedBy = "";
    this.#leave = askLeave(
      { admission, now: () => world.now(), plan: counts, counted, caller: this.#job.caller },
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
      if (leave.spent !== null) this.#spentBy = limitedBy;
      this.#admitted(plan);
    } else if (leave.kind === "spent")
      this.#end({ ending: "limited", cause: leave.failure.cause, limitedBy });
    else this.#end({ ending: "limited", limitedBy: leave.option });
  }

  #admitted(plan: Plan): void {
    if (this.#isLine) this.#defer(this.#job.refused === undefined ? plan : behindBudget(plan));
    else if (this.#job.refused !== undefined || !this.#mayWait(plan)) this.#visitCache(plan);
    // A stream cannot be answered later: the gateway refuses it.
    else if (this.#job.streamed) this.#end({ ending: "rejected" });
    else this.#defer(plan);
  }

  takes(target: string): boolean {
    return this.#job.plan.steps.some((step) => step.target === target);
  }

  given(answer: KeptAnswer, found: Found, isStale: boolean): void {
    const { target, cost } = answer;
    this.#end({ ending: "cached", answeredBy: target, saved: cost ?? 0, found });
    const lookup = this.#lookup;
    if (!isStale || lookup === null || this.#plan === null) return;
    const { outputTokens } = this.#job;
    const stale = { lookup, plan: this.#plan, outputTokens, arrivedAtMs: this.#arrivedAtMs };
    refreshKept(this.#around, this.#decided, stale);
  }

  tooLate(): void {
    this.#end({ ending: "failed", cause: deadlineFailure.cause });
  }

  broke(): void {
    this.#end({ ending: "failed", cause: cutStream.cause });
  }

  abandon(): void {
    this.#dispatch?.clientGone();
  }

  get deadlineMs(): number {
    return this.#job.plan.deadlineMs;
  }

  get wantsWhole(): boolean {
    return !this.#job.streamed || this.#job.plan.holdsAnswer;
  }

  /** Whether it could wait for its answer in the batch lane, which not all providers have. */
  #mayWait({ options, steps }: Plan): boolean {
    const target = this.#around.targets.get(steps[0]?.target ?? "");
    return options.batchWithinMs !== undefined && target?.hasBatches === true;
  }

  /** Puts it into the batch lane. Its client is told so at once, and what it is expected to come to counts as spent for good. */
  #defer(plan: Plan): void {
    this.#settle("deferred", [], []);
    const around = this.#around;
    const { outputTokens } = this.#job;
    const { batchWithinMs: within = dayMs } = plan.options;
    const decided = whileWaiting(this.#decided);
    this.#decided = decided;
    const jobFor = (ended: (result: DispatchResult) => void, caller = decided.caller) =>
      jobOf(around, { ...decided, caller }, { outputTokens, ended });
    this.#job = jobFor(() => undefined);
    around.lane.take({
      ...{ job: this.#job, plan },
      deadlineMs: around.world.now() + Math.min(within, this.#isLine ? dayMs : within),
      calledBackAtMs: this.#calledBackAtMs,
      liveJob: (rest, ended) => Object.assign(jobFor(ended, laneCaller), { plan: rest }),
      ended: (end) => this.#waited(end),
    });
  }

  /** When its client calls it back, where the log has that of it; Infinity for never. */
  get #calledBackAtMs(): number {
    const { unanswered, durationMs } = this.#job.logged;
    const isPlayed = this.#around.playsLog && this.#job.copy === 0;
    if (!isPlayed || unanswered !== "batch_cancelled") return Number.POSITIVE_INFINITY;
    return this.#arrivedAtMs + Math.max(durationMs ?? 0, 0);
  }

  #waited(end: LineEnd): void {
    const { attempts, isExpired, isPlayed, ending, answeredBy } = end;
    const [cause, movedBy] = [end.cause ?? undefined, end.movedBy ?? undefined];
    this.#end(
      {
        ...{ ending, movedBy, waited: { isExpired, isPlayed } },
        ...(answeredBy === null ? {} : { answeredBy }),
        ...(cause === undefined ? {} : { cause }),
      },
      attempts,
    );
  }

  #lookupOf(plan: Plan): Lookup | null {
    const { configuration, targets } = this.#around;
    return lookupOf(this.#job, plan, {
      scope: configuration.cache.scope,
      apiOf: (name) => configuration.providers.get(targets.get(name)?.provider ?? "")?.api,
      targetOf: (name) => targets.get(name),
    });
  }

  #visitCache(plan: Plan): void {
    this.#lookup = this.#lookupOf(plan);
    if (this.#lookup === null) this.send(0);
    else {
      this.#visit = new ReplayedVisit(this.#around, this.#lookup, this);
      this.#visit.begin();
    }
  }

  /** Waiting for leave is not held against the deadline, waiting for another's answer is. */
  send(waitedMs: number): void {
    const { plan } = this.#job;
    if (waitedMs > 0) this.#job.plan = { ...plan, deadlineMs: plan.deadlineMs - waitedMs };
    this.#dispatch = dispatch(this.#job, this.#around.world);
  }

  #sent({ outcome, failure, attempts, skipped }: DispatchResult): void {
    const answered = outcome === "ok" ? (attempts.at(-1)?.target ?? null) : null;
    const { sticky } = this.#job.plan.options;
    if (answered !== null && this.#sticky !== null && sticky !== undefined)
      this.#around.stayWith(this.#sticky, answered, sticky.forMs);
    const failed = attempts.find((attempt) => attempt.outcome.kind === "failed")?.outcome;
    const first = failed?.kind === "failed" ? failed.failure : skipped[0]?.failure;
    this.#end(
      {
        ending: this.#isMute ? "client-gone" : outcome,
        movedBy: this.#job.refused?.cause ?? first?.cause,
        ...(answered === null ? {} : { answeredBy: answered }),
        ...(failure === null ? {} : { cause: failure.cause }),
      },
      attempts,
    );
  }

  #end(unsent: Unsent, attempts: readonly AttemptRecord[] = []): void {
    const { ending, answeredBy = null, cause = null, saved = 0, movedBy = null } = unsent;
    const { found = null } = unsent;
    const limitedBy = unsent.limitedBy ?? this.#spentBy;
    const { arrival, branch, choice } = this.#decided;
    const costs = costsOf(this.#around, attempts);
    const endedAtMs = this.#around.world.now();
    const last = attempts.at(-1);
    const firstTokenAtMs = answeredBy === null ? null : (last?.firstTokenAtMs ?? null);
    this.#over = true;
    this.#settle(ending, attempts, costs);
    const waited =
      unsent.waited === undefined
        ? null
        : { ...unsent.waited, saved: savedByBatch(this.#around, attempts, costs) };
    this.#around.ended({
      waited,
      ...{ arrival, branch, choice, ending, cause, limitedBy, movedBy, attempts, costs },
      answeredBy: ending === "client-gone" ? null : answeredBy,
      ...{ saved, found, firstTokenAtMs, endedAtMs, arrivedAtMs: this.#arrivedAtMs },
    });
    const { outputTokens } = this.#job;
    const isWhole = answeredBy !== null && attempts.length > 0;
    const came = isWhole ? { target: answeredBy, outputTokens, costs } : null;
    if (this.#visit !== null) this.#visit.ended(came);
    else if (came !== null && came.target === this.#lookup?.about.target)
      keepAnswer(this.#around, this.#lookup, came);
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
}
