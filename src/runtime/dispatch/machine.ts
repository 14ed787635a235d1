import { backoffMs } from "../../protocol/backoff.ts";
import type { Cause } from "../../protocol/cause.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { Plan } from "../plan/plan.ts";
import { AttemptList } from "./attempt-list.ts";
import { openGate } from "./gate.ts";
import { HeldPlaces, type Place } from "./held-places.ts";
import { costFailure, deadlineFailure, noTargetFailure } from "./machine-failures.ts";
import { brokenOff, isFull, isSlow, placeBeside, takesOver } from "./machine-rules.ts";
import type {
  AbortReason,
  AskProgress,
  AttemptRecord,
  DispatchAction,
  DispatchEvent,
  DispatchResult,
  GateQuestions,
  Machine,
  SkippedTarget,
} from "./machine-types.ts";
import { RunningAttempt } from "./running-attempt.ts";
import { ToldFailure } from "./told-failure.ts";

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

class PlanMachine implements Machine {
  readonly #plan: Plan;
  readonly #streamed: boolean;
  readonly #random: () => number;
  readonly #gate: GateQuestions;
  readonly #list = new AttemptList();
  readonly #held = new HeldPlaces();
  readonly attempts: readonly AttemptRecord[] = this.#list.over;
  readonly skipped: readonly SkippedTarget[] = this.#held.skipped;
  #actions: DispatchAction[] = [];
  #over = false;
  #committed = false;
  /** Attempts sent so far. */
  #sent = 0;
  /** The newest step that was sent to. */
  #place: Place = { step: 0, target: "" };
  /** Further attempts already made at the present target, or waits for it. */
  #retried = 0;
  /** Attempts already made at the present target. */
  #asked = 0;
  readonly #failedTargets: string[] = [];

  #deadlineAtMs = never;
  /** When the wait before a retry is over. */
  #resumeAtMs = never;
  /** When a silent attempt gets another beside it. */
  #hedgeAtMs = never;
  #hedged = false;
  /** How often a stream that the client has the beginning of may still be gone on with. */
  #continuations: number;
  #alarmAtMs = never;
  #awaitsTurn = false;
  /** Until when a turn may be waited for. */
  #turnUntilMs = never;
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
        if (event.refused !== undefined) this.#told.raise(event.refused);
        this.#goOn(0, event.refused?.cause ?? null, event.atMs);
        return;
      case "wake":
        this.#alarmAtMs = never;
        this.#checkLimits(event.atMs, progress);
        return;
      case "turn":
        this.#takeTurn(event.atMs);
        return;
      case "no-turn":
        this.#missTurn(event.atMs);
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
    const running = this.#list.find(event.attempt);
    if (running === undefined) return;
    if (event.kind === "failed") {
      this.#list.end(running, { kind: "failed", failure: event.failure }, event.atMs, event.usage);
      this.#afterFailure(running, event.failure, event.atMs);
    } else if (event.kind === "completed") {
      this.#commit(running, event.atMs, progress);
      this.#list.end(running, { kind: "ok" }, event.atMs, event.usage);
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
      const isWaiting = this.#list.running.length === 0;
      this.#stopAll("deadline", atMs, progress);
      this.#finish("failed", isWaiting ? this.#told.tell(deadlineFailure) : deadlineFailure);
      return;
    }
    if (atMs >= this.#resumeAtMs) this.#resume(atMs);
    if (atMs >= this.#turnUntilMs) this.#missTurn(atMs);
    for (const running of [...this.#list.running]) {
      const asked = progress(running.place.attempt);
      const failure = running.passed(atMs, asked);
      if (failure === null) continue;
      this.#actions.push({ kind: "abort", attempt: running.place.attempt });
      this.#list.end(running, { kind: "failed", failure }, atMs, asked.usage);
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
    if (this.#list.running.length > 0) {
      // The other one goes on alone.
      this.#failedTargets.push(place.target);
      return;
    }
    const isNewest = place.target === this.#place.target;
    if (isNewest && !committed && this.#waitForSame(failure, atMs)) return;
    this.#failedTargets.push(place.target);
    this.#goOn(this.#place.step + 1, failure.cause, atMs);
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
    this.#failedTargets.push(this.#place.target);
    this.#goOn(this.#place.step + 1, cause, atMs);
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
    const isLast = !this.#hasOther("unavailable", "rate_limited");
    const held = this.#gate.holds(this.#place.target, isLast, atMs);
    if (held === null) return null;
    this.#told.raise(held);
    this.#held.add(this.#place, held);
    return held;
  }

  /** Begins the wait before a retry of the same target; false when there is to be none. */
  #waitForSame(failure: Failure, atMs: number): boolean {
    if (!failure.retrySame || this.#retried >= this.#plan.retries) return false;
    if (this.#sent >= this.#plan.maxAttempts || !this.#affords(this.#place.target)) return false;
    const waitMs = backoffMs(failure, this.#retried, this.#random);
    const resumeAtMs = atMs + waitMs;
    if (resumeAtMs >= this.#deadlineAtMs) return false;
    if (isSlow(failure, waitMs) && this.#hasOther(failure.cause)) return false;
    if (!this.#gate.mayRetry(this.#place.target)) return false;
    this.#retried += 1;
    this.#resumeAtMs = resumeAtMs;
    this.#actions.push({ kind: "await-retry", target: this.#place.target });
    return true;
  }

  /** Whether a later step would take the request over at once, by one of these causes. */
  #hasOther(...causes: Cause[]): boolean {
    const later = this.#plan.steps.slice(this.#place.step + 1);
    return takesOver(later, causes, [...this.#failedTargets, this.#place.target]);
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
      this.#moveTo({ step: index, target: step.target });
      cause = this.#ask(atMs);
      if (cause === null) return;
    }
    if (!this.#waitForTurn(atMs)) this.#giveUp(atMs);
  }

  /** Sends to the present target, or waits for it; else what its being held off raises. */
  #ask(atMs: number): Cause | null {
    const held = this.#heldOff(atMs);
    if (held === null) this.#send(atMs);
    // A pause is waited out only where nobody else would take the request.
    const isDone = held === null || (!this.#hasOther(held.cause) && this.#waitForSame(held, atMs));
    if (isDone) return null;
    this.#failedTargets.push(this.#place.target);
    return held.cause;
  }

  /** Nobody takes the request. */
  #giveUp(atMs: number): void {
    if (this.#tryLastResort(atMs)) return;
    this.#finish("failed", this.#told.tell(noTargetFailure(this.#plan)));
  }

  /** Where a target only has no room, the request waits for its turn there, as long as it would for a first token. */
  #waitForTurn(atMs: number): boolean {
    if (this.#committed || this.#sent >= this.#plan.maxAttempts) return false;
    const full = this.#held.full(this.#affords);
    const untilMs = Math.min(this.#turnUntilMs, this.#deadlineAtMs, atMs + this.#plan.firstTokenMs);
    if (full === null || untilMs <= atMs) return false;
    this.#moveTo(full);
    this.#turnUntilMs = untilMs;
    this.#awaitsTurn = true;
    this.#actions.push({ kind: "await-turn", target: full.target, untilMs });
    return true;
  }

  #takeTurn(atMs: number): void {
    if (!this.#awaitsTurn) return;
    this.#awaitsTurn = false;
    const held = this.#heldOff(atMs);
    if (held !== null && isFull(held) && this.#waitForTurn(atMs)) return;
    this.#turnUntilMs = 0;
    if (held === null) this.#send(atMs);
    else this.#leave(held.cause, atMs);
  }

  /** It waited for too long, or there is no room to wait. */
  #missTurn(atMs: number): void {
    if (!this.#awaitsTurn) return;
    this.#awaitsTurn = false;
    this.#turnUntilMs = 0;
    this.#giveUp(atMs);
  }

  /** A step without a target: what it raises. */
  #passOver(step: number, spares: readonly string[]): Cause {
    this.#held.addSpares(step, spares);
    const failure = noTargetFailure(this.#plan);
    this.#told.raise(failure);
    return failure.cause;
  }

  /** Once, where nothing was sent since all that could be reached is being spared: to the one where it is least in vain. */
  #tryLastResort(atMs: number): boolean {
    if (this.#sent > 0 || this.#plan.maxAttempts < 1) return false;
    const place = this.#held.lastResort(this.#gate, { affords: this.#affords, atMs });
    if (place === null) return false;
    this.#moveTo(place);
    this.#retried = this.#plan.retries;
    this.#send(atMs);
    return true;
  }

  #moveTo(place: Place): void {
    this.#place = place;
    this.#retried = 0;
    this.#asked = 0;
  }

  /** Sends a second attempt beside a silent one, to the next step that takes over from slow ones; tried once. */
  #hedge(atMs: number): void {
    this.#hedgeAtMs = never;
    if (this.#committed || this.#list.running.length !== 1) return;
    this.#hedged = true;
    const place = placeBeside(this.#plan.steps, this.#place.step, (name) =>
      this.#mayHedge(name, atMs),
    );
    if (place === null) return;
    this.#moveTo(place);
    this.#send(atMs, true);
  }

  #mayHedge(target: string, atMs: number): boolean {
    return (
      target !== this.#place.target &&
      !this.#failedTargets.includes(target) &&
      this.#sent < this.#plan.maxAttempts &&
      this.#affords(target) &&
      this.#gate.holds(target, false, atMs) === null &&
      this.#gate.mayRetry(target)
    );
  }

  readonly #affords = (target: string): boolean => this.#list.affords(this.#plan.costLimit, target);

  #send(atMs: number, hedge = false): void {
    if (atMs >= this.#deadlineAtMs) {
      this.#finish("failed", this.#told.tell(deadlineFailure));
      return;
    }
    const place = { ...this.#place, attempt: this.#sent, hedge, startedAtMs: atMs };
    this.#list.running.push(new RunningAttempt(place, this.#plan, this.#streamed));
    const extra = hedge || this.#asked > 0;
    const continues = this.#committed;
    const { target } = this.#place;
    this.#actions.push({ kind: "send", attempt: this.#sent, target, extra, continues });
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
    if (this.#list.running.length > 1) this.#stopAll("outrun", atMs, progress);
  }

  /** Stops what is running, but for what is the client's where it has outrun the others. */
  #stopAll(why: AbortReason, atMs: number, progress: AskProgress): void {
    for (const running of [...this.#list.running]) {
      if (why === "outrun" && running.committed) continue;
      const { attempt } = running.place;
      this.#actions.push({ kind: "abort", attempt });
      this.#list.end(running, { kind: "aborted", why }, atMs, progress(attempt).usage);
    }
  }

  #finish(outcome: DispatchResult["outcome"], failure: Failure | null): void {
    this.#over = true;
    const { attempts, skipped } = this;
    const result = { outcome, failure, committed: this.#committed, attempts, skipped };
    this.#actions.push({ kind: "finish", result });
  }

  /** Asks for an alarm only when the next limit comes before the one that is set: one that rings early sets the next. */
  #setAlarm(): void {
    const waits = Math.min(this.#deadlineAtMs, this.#resumeAtMs, this.#hedgeAtMs);
    const turnAtMs = this.#awaitsTurn ? this.#turnUntilMs : never;
    const next = Math.min(waits, turnAtMs, this.#list.nextLimit());
    if (next >= this.#alarmAtMs) return;
    this.#alarmAtMs = next;
    this.#actions.push({ kind: "alarm", atMs: next });
  }
}
