import { backoffMs } from "../../protocol/backoff.ts";
import type { Cause } from "../../protocol/cause.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { Plan } from "../plan/plan.ts";
import { openGate, type TargetGate } from "./gate.ts";
import { costFailure, deadlineFailure, noTargetFailure } from "./machine-failures.ts";
import { affords, brokenOff, isSlow, slowCauses } from "./machine-rules.ts";
import type {
  AbortReason,
  AskProgress,
  AttemptOutcome,
  AttemptRecord,
  DispatchAction,
  DispatchEvent,
  DispatchResult,
  SkippedTarget,
} from "./machine-types.ts";
import { RunningAttempt } from "./running-attempt.ts";
import { ToldFailure } from "./told-failure.ts";

/** The rules of one dispatch: pure but for its own state and the random draws it is given. */
export interface Machine {
  /**
   * What to do about an event; empty when it changes nothing, and always after a `finish`. `progress` is asked only of attempts that
   * may have to be stopped.
   */
  handle(event: DispatchEvent, progress: AskProgress): readonly DispatchAction[];
  /** The attempts that are over, in order. */
  readonly attempts: readonly AttemptRecord[];
  readonly skipped: readonly SkippedTarget[];
}

/** What a machine asks of the targets; it changes nothing there. */
export type GateQuestions = Pick<TargetGate, "holds" | "mayRetry" | "lastResort">;

/** A machine for one request. `random` is uniform in [0, 1) and is drawn only for the waits between retries. */
export function createMachine(
  plan: Plan,
  streamed: boolean,
  random: () => number,
  gate: GateQuestions = openGate,
): Machine {
  return new PlanMachine(plan, streamed, random, gate);
}

const never = Number.POSITIVE_INFINITY;

interface Spared {
  readonly step: number;
  readonly target: string;
}

class PlanMachine implements Machine {
  readonly #plan: Plan;
  readonly #streamed: boolean;
  readonly #random: () => number;
  readonly #gate: GateQuestions;
  readonly attempts: AttemptRecord[] = [];
  readonly skipped: SkippedTarget[] = [];
  #actions: DispatchAction[] = [];

  #over = false;
  #committed = false;
  /** Attempts under way: none during a wait, two where one was hedged. */
  readonly #running: RunningAttempt[] = [];
  /** Attempts sent so far. */
  #sent = 0;
  /** The newest step that was sent to, and its target. */
  #step = 0;
  #target = "";
  /** Further attempts already made at the present target, or waits for it. */
  #retried = 0;
  /** Attempts already made at the present target. */
  #asked = 0;
  readonly #failedTargets: string[] = [];
  /** Where the request was held off, or could have gone had it not been for the health of what is there. */
  readonly #spared: Spared[] = [];

  #deadlineAtMs = never;
  /** When the wait before a retry is over. */
  #resumeAtMs = never;
  /** When a silent attempt gets another beside it. */
  #hedgeAtMs = never;
  #hedged = false;
  /** How often a stream that the client has the beginning of may still be gone on with. */
  #continuations: number;
  #alarmAtMs = never;

  readonly #told = new ToldFailure();

  constructor(plan: Plan, streamed: boolean, random: () => number, gate: GateQuestions) {
    this.#plan = plan;
    this.#streamed = streamed;
    this.#random = random;
    this.#gate = gate;
    this.#continuations = streamed ? plan.continuations : 0;
  }

  handle(event: DispatchEvent, progress: AskProgress): readonly DispatchAction[] {
    this.#actions = [];
    if (!this.#over) this.#take(event, progress);
    if (!this.#over) this.#setAlarm();
    return this.#actions;
  }

  #take(event: DispatchEvent, progress: AskProgress): void {
    switch (event.kind) {
      case "start":
        this.#deadlineAtMs = event.atMs + this.#plan.deadlineMs;
        this.#goOn(0, null, event.atMs);
        return;
      case "wake":
        this.#alarmAtMs = never;
        this.#checkLimits(event.atMs, progress);
        return;
      case "client-gone":
        this.#stopAll("client-gone", event.atMs, progress);
        this.#finish("client-gone", null);
        return;
      default:
        this.#hear(event, progress);
    }
  }

  #hear(event: Extract<DispatchEvent, { readonly attempt: number }>, progress: AskProgress): void {
    const running = this.#running.find(({ place }) => place.attempt === event.attempt);
    if (running === undefined) return;
    if (event.kind === "failed") {
      this.#record(running, { kind: "failed", failure: event.failure }, event.atMs, event.usage);
      this.#afterFailure(running, event.failure, event.atMs);
    } else if (event.kind === "completed") {
      this.#commit(running, event.atMs, progress);
      this.#record(running, { kind: "ok" }, event.atMs, event.usage);
      this.#finish("ok", null);
    } else if (this.#streamed && running.firstTokenAtMs === null) {
      running.begin(event.atMs);
      // What is held back until it is whole may still be outrun, but gets nothing more beside it.
      this.#hedgeAtMs = never;
      if (!this.#plan.holdsAnswer) this.#commit(running, event.atMs, progress);
    }
  }

  #checkLimits(atMs: number, progress: AskProgress): void {
    if (atMs >= this.#deadlineAtMs) {
      const isWaiting = this.#running.length === 0;
      this.#stopAll("deadline", atMs, progress);
      this.#finish("failed", isWaiting ? this.#told.tell(deadlineFailure) : deadlineFailure);
      return;
    }
    if (atMs >= this.#resumeAtMs) this.#resume(atMs);
    for (const running of [...this.#running]) {
      const asked = progress(running.place.attempt);
      const failure = running.passed(atMs, asked);
      if (failure === null) continue;
      this.#actions.push({ kind: "abort", attempt: running.place.attempt });
      this.#record(running, { kind: "failed", failure }, atMs, asked.usage);
      this.#afterFailure(running, failure, atMs);
      if (this.#over) return;
    }
    if (atMs >= this.#hedgeAtMs) this.#hedge(atMs);
  }

  #afterFailure({ place, committed }: RunningAttempt, failure: Failure, atMs: number): void {
    this.#told.raise(failure);
    if (committed && !this.#mayContinue(failure)) {
      this.#finish("failed", failure);
      return;
    }
    if (this.#running.length > 0) {
      // The other one goes on alone.
      this.#failedTargets.push(place.target);
      return;
    }
    const isNewest = place.target === this.#target;
    if (isNewest && !committed && this.#waitForSame(failure, atMs)) return;
    this.#failedTargets.push(place.target);
    this.#goOn(this.#step + 1, failure.cause, atMs);
  }

  /** Whether a stream that broke is gone on with elsewhere; that is done once for each time that the plan allows. */
  #mayContinue(failure: Failure): boolean {
    if (this.#continuations === 0 || !brokenOff.has(failure.cause)) return false;
    if (!this.#hasOther(failure.cause)) return false;
    this.#continuations -= 1;
    return true;
  }

  /** To a later step, from one whose target may not be asked. */
  #leave(cause: Cause, atMs: number): void {
    this.#failedTargets.push(this.#target);
    this.#goOn(this.#step + 1, cause, atMs);
  }

  /** Sends the retry whose wait is over, unless its target has been closed meanwhile. */
  #resume(atMs: number): void {
    this.#resumeAtMs = never;
    const held = this.#heldOff(atMs);
    if (held === null) this.#send(atMs);
    else this.#leave(held.cause, atMs);
  }

  /** Why the present target is not to be asked now; null where it may be. What holds it off is raised like a failure. */
  #heldOff(atMs: number): Failure | null {
    const held = this.#gate.holds(this.#target, !this.#hasOther("unavailable"), atMs);
    if (held === null) return null;
    this.#told.raise(held);
    this.skipped.push({ target: this.#target, step: this.#step, failure: held });
    this.#spared.push({ step: this.#step, target: this.#target });
    return held;
  }

  /** Begins the wait before a retry of the same target; false when there is to be none. */
  #waitForSame(failure: Failure, atMs: number): boolean {
    if (!failure.retrySame || this.#retried >= this.#plan.retries) return false;
    if (this.#sent >= this.#plan.maxAttempts || !this.#affords(this.#target)) return false;
    const waitMs = backoffMs(failure, this.#retried, this.#random);
    const resumeAtMs = atMs + waitMs;
    if (resumeAtMs >= this.#deadlineAtMs) return false;
    if (isSlow(failure, waitMs) && this.#hasOther(failure.cause)) return false;
    if (!this.#gate.mayRetry(this.#target)) return false;
    this.#retried += 1;
    this.#resumeAtMs = resumeAtMs;
    this.#actions.push({ kind: "await-retry", target: this.#target });
    return true;
  }

  /** A pause is waited out only where nobody else would take the request. */
  #waitOutPause(held: Failure, atMs: number): boolean {
    return !this.#hasOther(held.cause) && this.#waitForSame(held, atMs);
  }

  /** Whether a later step would take the request over at once. */
  #hasOther(cause: Cause): boolean {
    return this.#plan.steps.some(
      ({ target, on }, index) =>
        index > this.#step &&
        target !== null &&
        target !== this.#target &&
        on.includes(cause) &&
        !this.#failedTargets.includes(target),
    );
  }

  /** To the first step from `from` on that accepts the cause and has a target that has not failed yet. */
  #goOn(from: number, raised: Cause | null, atMs: number): void {
    let cause = raised;
    for (let index = from; index < this.#plan.steps.length; index += 1) {
      const step = this.#plan.steps[index];
      if (step === undefined || (cause !== null && !step.on.includes(cause))) continue;
      if (step.target === null) {
        cause = this.#passOver(index, step.spares ?? []);
        continue;
      }
      if (this.#failedTargets.includes(step.target)) continue;
      if (!this.#affords(step.target)) {
        this.#told.raise(costFailure);
        cause = costFailure.cause;
        continue;
      }
      if (this.#sent >= this.#plan.maxAttempts) break;
      this.#moveTo(index, step.target);
      const held = this.#heldOff(atMs);
      if (held === null) this.#send(atMs);
      if (held === null || this.#waitOutPause(held, atMs)) return;
      this.#failedTargets.push(step.target);
      cause = held.cause;
    }
    if (!this.#tryLastResort(atMs))
      this.#finish("failed", this.#told.tell(noTargetFailure(this.#plan)));
  }

  /** A step without a target: what it raises. */
  #passOver(step: number, spares: readonly string[]): Cause {
    for (const target of spares) this.#spared.push({ step, target });
    const failure = noTargetFailure(this.#plan);
    this.#told.raise(failure);
    return failure.cause;
  }

  /** Once, where nothing was sent since all that could be reached is being spared: to the one where it is least in vain. */
  #tryLastResort(atMs: number): boolean {
    if (this.#sent > 0 || this.#plan.maxAttempts < 1) return false;
    const places = this.#spared.filter(({ target }) => this.#affords(target));
    const names = places.map(({ target }) => target);
    const target = this.#gate.lastResort(names, atMs);
    const place = places.find((each) => each.target === target);
    if (place === undefined) return false;
    this.#moveTo(place.step, place.target);
    this.#retried = this.#plan.retries;
    this.#send(atMs);
    return true;
  }

  #moveTo(step: number, target: string): void {
    this.#step = step;
    this.#target = target;
    this.#retried = 0;
    this.#asked = 0;
  }

  /** Sends a second attempt beside a silent one, to the next step that takes over from slow ones; tried once. */
  #hedge(atMs: number): void {
    this.#hedgeAtMs = never;
    if (this.#committed || this.#running.length !== 1) return;
    this.#hedged = true;
    for (let index = this.#step + 1; index < this.#plan.steps.length; index += 1) {
      const { target = null, on = [] } = this.#plan.steps[index] ?? {};
      if (target === null || !slowCauses.some((cause) => on.includes(cause))) continue;
      const isTried = target === this.#target || this.#failedTargets.includes(target);
      if (isTried || !this.#mayHedge(target, atMs)) continue;
      this.#moveTo(index, target);
      this.#send(atMs, true);
      return;
    }
  }

  #mayHedge(target: string, atMs: number): boolean {
    return (
      this.#sent < this.#plan.maxAttempts &&
      this.#affords(target) &&
      this.#gate.holds(target, false, atMs) === null &&
      this.#gate.mayRetry(target)
    );
  }

  #affords(target: string): boolean {
    return affords(this.#plan.costLimit, target, [
      ...this.attempts.map((attempt) => attempt.target),
      ...this.#running.map(({ place }) => place.target),
    ]);
  }

  #send(atMs: number, hedge = false): void {
    if (atMs >= this.#deadlineAtMs) {
      this.#finish("failed", this.#told.tell(deadlineFailure));
      return;
    }
    const place = {
      ...{ attempt: this.#sent, target: this.#target, step: this.#step },
      ...{ hedge, startedAtMs: atMs },
    };
    this.#running.push(new RunningAttempt(place, this.#plan, this.#streamed));
    const extra = hedge || this.#asked > 0;
    const continues = this.#committed;
    this.#actions.push({
      kind: "send",
      ...{ attempt: this.#sent, target: this.#target, extra, continues },
    });
    this.#sent += 1;
    this.#asked += 1;
    const { hedgeAfterMs } = this.#plan;
    if (hedgeAfterMs !== null && !this.#hedged && !continues) this.#hedgeAtMs = atMs + hedgeAfterMs;
  }

  /** Makes an attempt's output the client's; another one beside it has been outrun. */
  #commit(running: RunningAttempt, atMs: number, progress: AskProgress): void {
    if (running.committed) return;
    this.#committed = true;
    running.committed = true;
    this.#hedgeAtMs = never;
    this.#actions.push({ kind: "commit", attempt: running.place.attempt, sent: this.#sent });
    if (this.#running.length > 1) this.#stopAll("outrun", atMs, progress);
  }

  /** Stops what is running, but for what is the client's where it has outrun the others. */
  #stopAll(why: AbortReason, atMs: number, progress: AskProgress): void {
    for (const running of [...this.#running]) {
      if (why === "outrun" && running.committed) continue;
      const { attempt } = running.place;
      this.#actions.push({ kind: "abort", attempt });
      this.#record(running, { kind: "aborted", why }, atMs, progress(attempt).usage);
    }
  }

  #record(
    running: RunningAttempt,
    outcome: AttemptOutcome,
    endedAtMs: number,
    usage: Usage | null,
  ): void {
    this.#running.splice(this.#running.indexOf(running), 1);
    const { place, firstTokenAtMs } = running;
    this.attempts.push({ ...place, firstTokenAtMs, endedAtMs, outcome, usage });
  }

  #finish(outcome: DispatchResult["outcome"], failure: Failure | null): void {
    this.#over = true;
    const { attempts, skipped } = this;
    const result = { outcome, failure, committed: this.#committed, attempts, skipped };
    this.#actions.push({ kind: "finish", result });
  }

  /** Asks for an alarm only when the next limit comes before the one that is set: one that rings early sets the next. */
  #setAlarm(): void {
    let next = Math.min(this.#deadlineAtMs, this.#resumeAtMs, this.#hedgeAtMs);
    for (const running of this.#running) next = Math.min(next, running.nextLimit());
    if (next >= this.#alarmAtMs) return;
    this.#alarmAtMs = next;
    this.#actions.push({ kind: "alarm", atMs: next });
  }
}
