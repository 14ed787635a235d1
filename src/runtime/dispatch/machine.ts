import { backoffMs } from "../../protocol/backoff.ts";
import type { Cause } from "../../protocol/cause.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { Plan } from "../plan/plan.ts";
import { openGate, type TargetGate } from "./gate.ts";
import {
  costFailure,
  deadlineFailure,
  firstTokenFailure,
  idleFailure,
  noTargetFailure,
  timeoutFailure,
} from "./machine-failures.ts";
import type {
  AttemptOutcome,
  AttemptProgress,
  AttemptRecord,
  DispatchAction,
  DispatchEvent,
  DispatchResult,
  SkippedTarget,
} from "./machine-types.ts";

/** The rules of one dispatch: pure but for its own state and the random draws it is given. */
export interface Machine {
  /** What to do about an event; empty when it changes nothing, and always after a `finish`. */
  handle(event: DispatchEvent): readonly DispatchAction[];
  /** The attempts that are over, in order. */
  readonly attempts: readonly AttemptRecord[];
  readonly skipped: readonly SkippedTarget[];
}

/** What a machine asks of the targets; it changes nothing there. */
export type GateQuestions = Pick<TargetGate, "holds" | "mayRetry">;

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

/** A longer wait than this for the same target gives way to a later step that takes the request now. */
const patienceMs = 2_000;

/** A retry that costs the client much time: after a long wait, or at a target that has just let its time run out. */
function isSlow(failure: Failure, waitMs: number): boolean {
  return (
    waitMs > patienceMs || failure.cause === "timeout" || failure.cause === "first_token_timeout"
  );
}

/** Whether a failure says when to come back rather than that something is wrong with the request or the target. */
function isWait({ cause, code }: Failure): boolean {
  return cause === "rate_limited" || code === "breaker_open";
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
  /** Whether an attempt is running, rather than a wait before one. */
  #running = false;
  #step = 0;
  #target = "";
  /** Further attempts already made at the present target, or waits for it. */
  #retried = 0;
  /** Attempts already made at the present target. */
  #asked = 0;
  #failedTargets: string[] = [];

  #startedAtMs = 0;
  #firstTokenAtMs: number | null = null;
  #deadlineAtMs = never;
  /** When the wait before a retry is over. */
  #resumeAtMs = never;
  /** From the first token on: when bytes were last known to arrive. */
  #lastByteAtMs = 0;
  #alarmAtMs = never;

  /** What the client hears if nothing comes after. */
  #told: Failure | null = null;
  /** Smallest wait asked for while every failure so far was a matter of waiting; null once one was not. */
  #comeBackMs: number | null = never;

  constructor(plan: Plan, streamed: boolean, random: () => number, gate: GateQuestions) {
    this.#plan = plan;
    this.#streamed = streamed;
    this.#random = random;
    this.#gate = gate;
  }

  handle(event: DispatchEvent): readonly DispatchAction[] {
    this.#actions = [];
    if (!this.#over) this.#take(event);
    if (!this.#over) this.#setAlarm();
    return this.#actions;
  }

  #take(event: DispatchEvent): void {
    switch (event.kind) {
      case "start":
        this.#deadlineAtMs = event.atMs + this.#plan.deadlineMs;
        this.#goOn(0, null, event.atMs);
        return;
      case "wake":
        this.#alarmAtMs = never;
        this.#checkLimits(event.atMs, event);
        return;
      case "client-gone":
        if (this.#running) this.#stop({ kind: "aborted", why: "client-gone" }, event.atMs, event);
        this.#finish("client-gone", null);
        return;
      default:
        if (this.#running && event.attempt === this.attempts.length) this.#hear(event);
    }
  }

  #hear(event: Extract<DispatchEvent, { readonly attempt: number }>): void {
    if (event.kind === "failed") {
      this.#record({ kind: "failed", failure: event.failure }, event.atMs, event.usage);
      this.#afterFailure(event.failure, event.atMs);
    } else if (event.kind === "completed") {
      if (!this.#committed) this.#commit();
      this.#record({ kind: "ok" }, event.atMs, event.usage);
      this.#finish("ok", null);
    } else if (this.#streamed && !this.#committed) {
      this.#firstTokenAtMs = event.atMs;
      this.#lastByteAtMs = event.atMs;
      this.#commit();
    }
  }

  /** Which limit has passed, if any; the narrowest one that explains most is told. */
  #checkLimits(atMs: number, progress: AttemptProgress): void {
    if (!this.#running) {
      if (atMs >= this.#deadlineAtMs) this.#finish("failed", this.#tell(deadlineFailure));
      else if (atMs >= this.#resumeAtMs) this.#resume(atMs);
      return;
    }
    this.#lastByteAtMs = Math.max(this.#lastByteAtMs, progress.lastByteAtMs);
    if (atMs >= this.#deadlineAtMs) {
      this.#stop({ kind: "aborted", why: "deadline" }, atMs, progress);
      this.#finish("failed", deadlineFailure);
      return;
    }
    const failure = this.#passedLimit(atMs);
    if (failure === null) return;
    this.#stop({ kind: "failed", failure }, atMs, progress);
    this.#afterFailure(failure, atMs);
  }

  #passedLimit(atMs: number): Failure | null {
    if (atMs >= this.#firstTokenLimit()) return firstTokenFailure;
    if (atMs >= this.#idleLimit()) return idleFailure;
    if (atMs >= this.#startedAtMs + this.#plan.timeoutMs) return timeoutFailure;
    return null;
  }

  #firstTokenLimit(): number {
    return this.#streamed && !this.#committed ? this.#startedAtMs + this.#plan.firstTokenMs : never;
  }

  #idleLimit(): number {
    return this.#streamed && this.#committed ? this.#lastByteAtMs + this.#plan.idleMs : never;
  }

  #afterFailure(failure: Failure, atMs: number): void {
    this.#raise(failure);
    if (this.#committed) {
      this.#finish("failed", failure);
      return;
    }
    if (this.#waitForSame(failure, atMs)) return;
    this.#leave(failure.cause, atMs);
  }

  /** To a later step. */
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
    this.#raise(held);
    this.skipped.push({ target: this.#target, step: this.#step, failure: held });
    return held;
  }

  /** Begins the wait before a retry of the same target; false when there is to be none. */
  #waitForSame(failure: Failure, atMs: number): boolean {
    if (!failure.retrySame || this.#retried >= this.#plan.retries) return false;
    if (this.attempts.length >= this.#plan.maxAttempts || !this.#affords(this.#target))
      return false;
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
        const failure = noTargetFailure(this.#plan);
        this.#raise(failure);
        cause = failure.cause;
        continue;
      }
      if (this.#failedTargets.includes(step.target)) continue;
      if (!this.#affords(step.target)) {
        this.#raise(costFailure);
        cause = costFailure.cause;
        continue;
      }
      if (this.attempts.length >= this.#plan.maxAttempts) break;
      this.#step = index;
      this.#target = step.target;
      this.#retried = 0;
      this.#asked = 0;
      const held = this.#heldOff(atMs);
      if (held === null) this.#send(atMs);
      if (held === null || this.#waitOutPause(held, atMs)) return;
      this.#failedTargets.push(step.target);
      cause = held.cause;
    }
    this.#finish("failed", this.#tell(noTargetFailure(this.#plan)));
  }

  /** Whether one more attempt at a target stays below the ceiling on cost, all earlier ones taken for as dear as can be. */
  #affords(target: string): boolean {
    const { costLimit } = this.#plan;
    if (costLimit === null) return true;
    let sum = costLimit.attempts[target] ?? never;
    for (const attempt of this.attempts) sum += costLimit.attempts[attempt.target] ?? never;
    return sum <= costLimit.most;
  }

  #send(atMs: number): void {
    this.#resumeAtMs = never;
    if (atMs >= this.#deadlineAtMs) {
      this.#finish("failed", this.#tell(deadlineFailure));
      return;
    }
    this.#running = true;
    this.#startedAtMs = atMs;
    this.#actions.push({
      kind: "send",
      attempt: this.attempts.length,
      target: this.#target,
      retry: this.#asked > 0,
    });
    this.#asked += 1;
  }

  #commit(): void {
    this.#committed = true;
    this.#actions.push({ kind: "commit", attempt: this.attempts.length });
  }

  #stop(outcome: AttemptOutcome, atMs: number, progress: AttemptProgress): void {
    this.#actions.push({ kind: "abort", attempt: this.attempts.length });
    this.#record(outcome, atMs, progress.usage);
  }

  #record(outcome: AttemptOutcome, atMs: number, usage: Usage | null): void {
    this.#running = false;
    this.attempts.push({
      target: this.#target,
      step: this.#step,
      startedAtMs: this.#startedAtMs,
      firstTokenAtMs: this.#firstTokenAtMs,
      endedAtMs: atMs,
      outcome,
      usage,
    });
  }

  #raise(failure: Failure): void {
    this.#told = failure;
    if (!isWait(failure)) this.#comeBackMs = null;
    if (this.#comeBackMs !== null && failure.retryAfterMs !== undefined) {
      this.#comeBackMs = Math.min(this.#comeBackMs, failure.retryAfterMs);
    }
  }

  /** The most telling failure: the last one raised; where all were a matter of waiting, with the shortest wait asked for. */
  #tell(otherwise: Failure): Failure {
    const told = this.#told ?? otherwise;
    if (this.#comeBackMs === null || this.#comeBackMs === never) return told;
    return { ...told, retryAfterMs: this.#comeBackMs };
  }

  #finish(outcome: DispatchResult["outcome"], failure: Failure | null): void {
    this.#over = true;
    this.#actions.push({
      kind: "finish",
      result: {
        outcome,
        failure,
        committed: this.#committed,
        attempts: this.attempts,
        skipped: this.skipped,
      },
    });
  }

  /** Asks for an alarm only when the next limit comes before the one that is set: one that rings early sets the next. */
  #setAlarm(): void {
    const next = Math.min(
      this.#deadlineAtMs,
      this.#running
        ? Math.min(
            this.#startedAtMs + this.#plan.timeoutMs,
            this.#firstTokenLimit(),
            this.#idleLimit(),
          )
        : this.#resumeAtMs,
    );
    if (next >= this.#alarmAtMs) return;
    this.#alarmAtMs = next;
    this.#actions.push({ kind: "alarm", atMs: next });
  }
}
