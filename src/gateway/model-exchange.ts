import { type Beside, decide, decideBeside } from "../extract/decide.ts";
import { estimatedTokens } from "../extract/token-facts.ts";
import type { ReadOperand } from "../language/interpreter/interpret.ts";
import type { FactFrame } from "../language/program/frame.ts";
import type { ApiProblem } from "../protocol/api-error.ts";
import type { Failure } from "../protocol/failure.ts";
import { failureToProblem } from "../protocol/failure-to-problem.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { type Dispatch, dispatch } from "../runtime/dispatch/dispatch.ts";
import type { AttemptRecord, DispatchResult } from "../runtime/dispatch/machine-types.ts";
import type { Commitment } from "../runtime/dispatch/world.ts";
import { makePlan } from "../runtime/plan/make-plan.ts";
import { namesNothing, noPlan, type Plan } from "../runtime/plan/plan.ts";
import type { PlanAction } from "../runtime/plan/route-needs.ts";
import type { RequestOutcome } from "../runtime/telemetry/decision-record.ts";
import { Continuation, continuable } from "../runtime/transport/continuation.ts";
import type { ModelJob, Upstream } from "../runtime/transport/model-job.ts";
import type { Asked } from "./asked.ts";
import { type CacheVisit, type Visitor, type VisitParts, visitCache } from "./cache-visit.ts";
import { type AnswerHost, ClientAnswer } from "./client-answer.ts";
import type { Core } from "./core.ts";
import { countsTokens } from "./counts-tokens.ts";
import { fixedPlan, type Grounds, planSources, readGrounds } from "./decision.ts";
import { deferRequest, mayWait } from "./defer-request.ts";
import { type Exchange, fault } from "./exchange.ts";
import { judgeOf } from "./judge-answer.ts";
import type { LiveRequest } from "./live-requests.ts";
import { measureAttempts } from "./measure-attempt.ts";
import { Overhead } from "./overhead.ts";
import { clientGoneStatus, problems } from "./problems.ts";
import { type DecidedExchange, recordRequest } from "./record-request.ts";
import { type Denial, RequestAccount, type Settled } from "./request-account.ts";
import { routingHeaders } from "./routing-headers.ts";
import { shadowOf } from "./shadows.ts";
import { shed } from "./shed.ts";
import type { ActivePolicy, Snapshot } from "./snapshot.ts";
import { stayWith } from "./sticky.ts";
import { type TracedRequest, traceRequest } from "./trace-request.ts";

/** One decided request on its way: the job that is dispatched. */
export class ModelExchange implements AnswerHost, DecidedExchange, LiveRequest, Visitor {
  place = -1;
  plan: Plan = noPlan;
  accepts: ModelJob["accepts"];
  refused: ModelJob["refused"];
  continuation: ModelJob["continuation"];
  listener: ModelJob["listener"];
  readonly request: ModelRequest;
  readonly streamed: boolean;
  readonly caller: string;
  readonly asked: Asked;
  readonly policy: ActivePolicy;
  readonly seed: number;
  rule = "";
  grounds: Grounds["facts"] = {};
  skipped: DispatchResult["skipped"] = [];
  readonly overhead: Overhead;
  readonly sink: ClientAnswer;
  readOperand: ReadOperand = () => undefined;
  readonly #exchange: Exchange;
  readonly #core: Core;
  readonly #snapshot: Snapshot;
  readonly #trace: TracedRequest | null;
  #frame: FactFrame | null = null;
  #stickyKey: string | null = null;
  #dispatch: Dispatch | null = null;
  #visit: CacheVisit | null = null;
  #gone = false;
  #interrupted = false;
  readonly #account: RequestAccount;

  constructor(exchange: Exchange, policy: ActivePolicy, asked: Asked) {
    const { request, context, readAtMs } = asked;
    this.asked = asked;
    this.request = request;
    this.streamed = request.body.stream === true && request.counting !== true;
    this.caller = context.caller?.name ?? "";
    this.#exchange = exchange;
    this.#core = exchange.core;
    this.#snapshot = exchange.snapshot;
    this.#account = new RequestAccount(exchange, context);
    this.policy = policy;
    this.overhead = new Overhead(exchange.core, readAtMs);
    this.sink = new ClientAnswer(exchange, this);
    this.#trace = traceRequest(exchange, policy.header, asked);
    this.seed = exchange.core.nextSeed();
  }

  begin(): void {
    this.#core.live.add(this);
    // The response's close, not the request's: that one comes as soon as the body is read.
    this.#exchange.response.on("close", () => this.#closed());
    this.guarded(() => {
      const { program, extractor, frames } = this.policy;
      const frame = frames.take();
      this.#frame = frame;
      const branch = decide(program, extractor, frame, this.asked.context);
      if (typeof branch === "number") this.#decided(branch, frame);
      else this.#later(branch, (index) => this.#decided(index, frame));
    });
  }

  get waits(): boolean {
    return this.#account.writes;
  }

  upstreamOf(target: string): Upstream | undefined {
    return this.#snapshot.targets.get(target);
  }

  headersOf(attempt: number, target: string): readonly string[] {
    return this.#trace?.sending(attempt, target) ?? [];
  }

  promptTokens(): number {
    return estimatedTokens(this.request.body);
  }

  finished(result: DispatchResult): void {
    this.guarded(() => this.#answerRest(result));
  }

  interrupt(): void {
    this.#interrupted = true;
    if (this.#dispatch === null) this.#closed();
    else this.#leave();
  }

  #closed(): void {
    this.sink.over();
    if (this.#gone || this.#exchange.response.writableFinished) return;
    this.#gone = true;
    this.#leave();
  }

  #leave(): void {
    this.#account.leave();
    const left = this.#visit?.leave(this.#interrupted);
    if (left === "goes-on") this.sink.mute();
    else if (left === "over") this.guarded(() => this.hasEnded());
    else this.abandon();
  }

  #decided(branch: number, frame: FactFrame): void {
    const { rule, action } = this.policy.program.branch(branch);
    this.rule = rule.id;
    this.policy.meters.decided(rule.id);
    if (this.hasEnded()) return;
    if (action.kind === "reject") {
      this.#reject(problems.rejectedByRule(action.status, action.message));
      return;
    }
    const { program, extractor } = this.policy;
    const beside = decideBeside(program, extractor, frame, this.asked.context);
    if (beside instanceof Promise) this.#later(beside, (read) => this.#hold(action, read, frame));
    else this.#hold(action, beside, frame);
  }

  /** Goes on with a plan once it is known what stands beside its rule. */
  #hold(action: PlanAction, beside: Beside, frame: FactFrame): void {
    if (this.hasEnded()) return;
    const fixed = fixedPlan(action, beside, this.#snapshot);
    if (fixed !== null) {
      this.#dispatchPlan(fixed);
      return;
    }
    const grounds = readGrounds(this.policy, { action, beside }, frame, this.asked.context);
    if (grounds instanceof Promise) this.#later(grounds, (read) => this.#choose(action, read));
    else this.#choose(action, grounds);
  }

  /** Whether the client left, or the gateway stopped, while facts were being read. */
  hasEnded(attempts: readonly AttemptRecord[] = []): boolean {
    if (this.#interrupted) this.#end("failed", this.#refuse(problems.stopping()), attempts);
    else if (this.#gone) this.#end("client-gone", clientGoneStatus, attempts);
    else return false;
    return true;
  }

  #choose(action: PlanAction, { inputs, facts, stickyKey }: Grounds): void {
    if (this.hasEnded()) return;
    this.grounds = facts;
    this.#stickyKey = stickyKey;
    const plan = makePlan(action, {
      ...inputs,
      ...planSources(this.#snapshot),
      seed: this.seed,
    });
    this.plan = plan;
    if (plan.refusal !== null) {
      this.#reject(problems.refusedByPlan(plan.refusal));
      return;
    }
    if (namesNothing(plan)) {
      this.#reject(problems.modelNotFound(this.request.body.model), "failed");
      return;
    }
    this.readOperand = inputs.readOperand;
    this.accepts = judgeOf({ plan, inputs, request: this.request }, this.#snapshot.targets);
    const isHeld = plan.holdsAnswer === (this.accepts !== undefined);
    this.#dispatchPlan(isHeld ? plan : { ...plan, holdsAnswer: false });
  }

  #dispatchPlan(asked: Plan): void {
    const plan = continuable(asked, this.request);
    this.plan = plan;
    if (plan.continuations > 0 && this.streamed) this.continuation = new Continuation(this.request);
    if (this.request.counting === true) {
      const steps = plan.steps.filter(({ target }) => countsTokens(this.upstreamOf(target ?? "")));
      this.plan = { ...plan, steps };
      const isFirst = steps[0] !== undefined && steps[0].target === plan.steps[0]?.target;
      if (!isFirst) {
        this.#countHere([]);
        return;
      }
    }
    const problem = shed(this.#core, plan.options.priority ?? "normal");
    if (problem !== null) {
      this.#reject(problem);
      return;
    }
    const leave = this.#account.ask({ plan, request: this.request, readOperand: this.readOperand });
    if (leave instanceof Promise) this.#later(leave, (denial) => this.#admitted(denial));
    else this.#admitted(leave);
  }

  /** Carries the plan out, once it is known whether its limits leave room. */
  #admitted(denial: Denial | null): void {
    if (this.hasEnded()) return;
    if (denial?.kind === "refused") {
      this.#reject(denial.problem);
      return;
    }
    if (denial?.kind === "budget") this.refused = denial.failure;
    else if (mayWait(this.plan, this.request, this.#exchange)) {
      this.#defer(this.plan);
      return;
    }
    this.#visit = visitCache(this.#exchange, this);
    if (this.#visit === null) this.send();
    else this.#visit.begin();
  }

  visitParts(): VisitParts {
    return { context: this.asked.context, of: this.#whose(), readOperand: this.readOperand };
  }

  abandon(): void {
    this.guarded(() => this.#dispatch?.clientGone());
  }

  send(waitedMs = 0): void {
    const { plan } = this;
    if (waitedMs > 0) this.plan = { ...plan, deadlineMs: plan.deadlineMs - waitedMs };
    this.listener = this.#visit?.listener;
    const cast = shadowOf(this.#core, this.#exchange, { ...this.visitParts(), plan, job: this });
    this.#dispatch = dispatch<ModelJob>(this, this.#core.world);
    cast?.();
    this.overhead.sent();
    if (this.#gone) this.#dispatch.clientGone();
  }

  answered(failure: Failure | null): void {
    if (failure === null) this.#end("ok", 200, []);
    else this.#reject(failureToProblem(failure), "failed");
  }

  /** Puts the request into the lane of those that may wait, and tells where its answer will be. */
  #defer(plan: Plan): void {
    const frame = this.#frame;
    if (frame === null) return;
    if (this.streamed) {
      this.#reject(problems.streamedBatch());
      return;
    }
    const headers = () => this.headers({ target: plan.steps[0]?.target ?? "", attempts: 0 });
    const waiting = deferRequest(this.#exchange, headers, {
      ...{ plan, frame, policy: this.policy, request: this.request, context: this.asked.context },
      ...{ facts: this.grounds, rule: this.rule, seed: this.seed },
    });
    this.#later(waiting, (problem) => {
      if (problem !== null) {
        this.#reject(problem, "failed");
        return;
      }
      this.#account.keep();
      // It is recorded when its answer is there.
      this.#core.live.delete(this);
      this.#trace?.ended(this.rule, "ok", 202);
      this.#frame = null;
      this.policy.frames.release(frame);
    });
  }

  /** Counts tokens where no target does, or none that was asked could. */
  #countHere(attempts: readonly AttemptRecord[]): void {
    const answer = (tokens: number): void => {
      if (this.hasEnded(attempts)) return;
      const target = this.plan.steps[0]?.target ?? "";
      const body = this.request.writer.count?.(tokens) ?? "{}";
      this.sink.reply({ target, attempts: attempts.length }, body);
      this.#end("ok", 200, attempts);
    };
    const counted = this.policy.extractor.countTokens(this.asked.context);
    if (typeof counted === "number") answer(counted);
    else this.#later(counted, answer);
  }

  /** What is left to be said to the client when the dispatch is over, and then the record. */
  #answerRest(result: DispatchResult): void {
    const { outcome, failure, committed, attempts } = result;
    this.skipped = result.skipped;
    this.#visit?.heard(outcome === "ok");
    stayWith(this.#core, result, { plan: this.plan, key: this.#stickyKey });
    if (outcome === "ok") this.#end(this.#gone ? "client-gone" : "ok", 200, attempts);
    else if (outcome === "failed" && this.request.counting === true && !committed)
      this.#countHere(attempts);
    else if (this.#interrupted) {
      const problem = problems.stopping();
      if (committed) this.sink.breakOff(problem);
      this.#end("failed", committed ? 200 : this.#refuse(problem, attempts), attempts);
    } else if (outcome === "client-gone" || failure === null) {
      this.#end("client-gone", committed ? 200 : clientGoneStatus, attempts);
    } else {
      this.#end("failed", this.#refuse(failureToProblem(failure), attempts), attempts);
    }
  }

  #reject(problem: ApiProblem, outcome: RequestOutcome = "rejected"): void {
    this.#end(outcome, this.#refuse(problem), []);
  }

  #refuse(problem: ApiProblem, attempts: readonly AttemptRecord[] = []): number {
    const last = attempts.at(-1);
    return this.sink.refuse(problem, { target: last?.target ?? "", attempts: attempts.length });
  }

  headers(commitment: Commitment): string[] {
    const by = { policy: this.policy.header, rule: this.rule, cache: this.#visit?.header };
    return routingHeaders(this.#exchange, commitment, by);
  }

  #end(outcome: RequestOutcome, status: number, attempts: readonly AttemptRecord[]): void {
    const core = this.#core;
    const frame = this.#frame;
    const { arrivedAtMs } = this.asked;
    core.live.delete(this);
    const endedAtMs = core.clock.monotonic();
    this.policy.meters.ended(outcome, (endedAtMs - arrivedAtMs) / 1000);
    this.#trace?.ended(this.rule, outcome, status, attempts);
    const costs = measureAttempts(this.#exchange, this.asked, attempts);
    const ended = { ...this.#whose(), attempts, costs, isAnswered: outcome === "ok" };
    const settled = this.#account.settle(ended, arrivedAtMs);
    // The answer ends once what it came to is safe, or has failed to be, which the log tells.
    if (settled !== null) this.#later(settled, () => this.sink.finish());
    this.#visit?.ended({ attempts, costs });
    if (frame === null) return;
    this.#frame = null;
    const told = { frame, endedAtMs, outcome, status, attempts, costs };
    recordRequest(this.#exchange, this, told, this.#visit?.told);
  }

  #whose(): Omit<Settled, "attempts" | "costs"> {
    const { caller } = this.asked.context;
    return { policy: this.policy.name, rule: this.rule, key: caller?.name ?? "" };
  }

  #later<T>(promise: Promise<T>, then: (value: T) => void): void {
    promise.then(
      (value) => this.guarded(() => then(value)),
      (error) => this.#broken(error),
    );
  }

  guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#broken(error);
    }
  }

  /** A fault of ours: this request ends, others never notice. */
  #broken(error: unknown): void {
    this.#core.live.delete(this);
    this.#account.giveBack();
    this.#visit?.broken();
    this.policy.meters.ended("error", 0);
    this.#trace?.ended(this.rule, "error", 500);
    fault(this.#exchange, error, { policy: this.policy.header, rule: this.rule });
  }
}
