import { invariant } from "../../base/assert.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { OpenAttempt } from "./gate.ts";
import { createMachine } from "./machine.ts";
import { ourFault } from "./machine-failures.ts";
import type {
  AttemptProgress,
  DispatchAction,
  DispatchEvent,
  DispatchResult,
  Machine,
} from "./machine-types.ts";
import type { Alarm, Attempt, AttemptReports, Job, World } from "./world.ts";

/** A dispatch under way. */
export interface Dispatch {
  /** The client left: everything of the request is stopped before this returns. Harmless when it is over. */
  clientGone(): void;
}

/**
 * Carries out a job's plan in a world: the machine decides, the world acts. `job.finished` is called exactly once,
 * perhaps before this returns, and even when something of ours throws on the way: the world is told of that.
 */
export function dispatch<J extends Job>(job: J, world: World<J>): Dispatch {
  const driver = new Driver(job, world);
  driver.handle({ kind: "start", atMs: world.now(), refused: job.refused });
  return driver;
}

/** An attempt without a record yet. */
interface Open {
  readonly number: number;
  readonly gate: OpenAttempt;
  /** Null while it is being started. */
  attempt: Attempt | null;
}

class Driver<J extends Job> implements Dispatch, AttemptReports {
  readonly #job: J;
  readonly #world: World<J>;
  readonly #machine: Machine;
  readonly #alarm: Alarm;
  /** Attempts under way; more than one where a slow one was hedged. */
  #open: Open[] = [];
  /** The attempt whose output is the client's. */
  #committed: Attempt | null = null;
  /** How many records the gate has been told of. */
  #told = 0;
  /** Ends the waiting of a retry, or for a turn. */
  #stopWaiting: (() => void) | null = null;
  #over = false;
  /** True while actions are carried out; what is reported meanwhile waits, so that events keep their order. */
  #busy = false;
  #waiting: DispatchEvent[] | null = null;

  constructor(job: J, world: World<J>) {
    this.#job = job;
    this.#world = world;
    this.#machine = createMachine(job.plan, job.streamed, () => world.random(), world.gate);
    this.#alarm = world.createAlarm(() => this.#progress("wake"));
  }

  firstToken(attempt: number): void {
    const atMs = this.#world.now();
    this.#find(attempt)?.gate.firstToken(atMs);
    this.handle({ kind: "first-token", attempt, atMs });
  }

  exhausted(attempt: number, forMs: number): void {
    this.#find(attempt)?.gate.exhausted(forMs, this.#world.now());
  }

  completed(attempt: number, usage: Usage | null): void {
    this.handle({ kind: "completed", attempt, usage, atMs: this.#world.now() });
  }

  failed(attempt: number, failure: Failure, usage: Usage | null): void {
    this.handle({ kind: "failed", attempt, failure, usage, atMs: this.#world.now() });
  }

  clientGone(): void {
    this.#progress("client-gone");
  }

  handle(event: DispatchEvent): void {
    if (this.#over) return;
    if (this.#busy) {
      this.#waiting ??= [];
      this.#waiting.push(event);
      return;
    }
    this.#busy = true;
    try {
      for (let next: DispatchEvent | undefined = event; next; next = this.#waiting?.shift()) {
        for (const action of this.#machine.handle(next, this.#progressOf)) this.#carryOut(action);
        this.#tellGate();
      }
    } catch (error) {
      this.#collapse(error);
    }
    this.#busy = false;
  }

  /** Something of ours threw: the request must still end, once, and leave nothing running. */
  #collapse(error: unknown): void {
    this.#world.bug(error);
    if (this.#over) return;
    this.#over = true;
    this.#alarm.clear();
    this.#endWaiting();
    const open = this.#open;
    this.#open = [];
    for (const { gate } of open) gate.ended(null);
    const committed = this.#committed;
    try {
      for (const { attempt } of open) attempt?.abort();
      if (this.#job.streamed) committed?.close(ourFault);
      this.#job.finished({
        outcome: "failed",
        failure: ourFault,
        committed: committed !== null,
        attempts: this.#machine.attempts,
        skipped: this.#machine.skipped,
      });
    } catch (further) {
      this.#world.bug(further);
    }
  }

  #progress(kind: "wake" | "client-gone" | "turn" | "no-turn"): void {
    if (this.#over) return;
    this.handle({ kind, atMs: this.#world.now() });
  }

  readonly #progressOf = (number: number): AttemptProgress => {
    const attempt = this.#find(number)?.attempt ?? null;
    return {
      lastByteAtMs: attempt?.lastByteAtMs() ?? this.#world.now(),
      // Read only where the attempt is stopped: it may have to be estimated.
      get usage() {
        return attempt?.usage() ?? null;
      },
    };
  };

  #find(number: number): Open | undefined {
    for (const each of this.#open) if (each.number === number) return each;
    return undefined;
  }

  /** Tells the gate of the attempts that ended. */
  #tellGate(): void {
    const { attempts } = this.#machine;
    for (; this.#told < attempts.length; this.#told += 1) {
      const record = attempts[this.#told];
      const ended = record === undefined ? undefined : this.#find(record.attempt);
      if (record === undefined || ended === undefined) continue;
      this.#open = this.#open.filter((each) => each !== ended);
      ended.gate.ended(record);
    }
  }

  #endWaiting(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
  }

  #awaitTurn({ target, untilMs }: Extract<DispatchAction, { kind: "await-turn" }>): void {
    const { caller = "" } = this.#job;
    this.#endWaiting();
    if (caller === null) {
      this.#progress("no-turn");
      return;
    }
    this.#stopWaiting = this.#world.gate.awaitTurn(
      { target, caller, untilMs, size: Math.max(1, this.#job.promptTokens?.() ?? 1) },
      { turn: () => this.#progress("turn"), away: () => this.#progress("no-turn") },
    );
  }

  #send(action: Extract<DispatchAction, { kind: "send" }>): void {
    const { attempt: number, target, extra, continues } = action;
    this.#endWaiting();
    // Before the next is sent the gate has to know how the last one ended.
    this.#tellGate();
    const { streamed } = this.#job;
    const gate = this.#world.gate.sent({ target, extra, streamed, atMs: this.#world.now() });
    const open: Open = { number, gate, attempt: null };
    this.#open.push(open);
    open.attempt = this.#world.start({ job: this.#job, attempt: number, target, continues }, this);
  }

  #carryOut(action: DispatchAction): void {
    switch (action.kind) {
      case "send":
        this.#send(action);
        return;
      case "await-retry":
        this.#stopWaiting = this.#world.gate.retryWaits(action.target);
        return;
      case "await-turn":
        this.#awaitTurn(action);
        return;
      case "alarm":
        this.#alarm.set(action.atMs);
        return;
      case "commit": {
        const attempt = this.#find(action.attempt)?.attempt;
        invariant(attempt, "what is committed is running");
        // Only afterwards: an answer whose head could not be sent is not the client's.
        attempt.commit(action.sent);
        this.#committed = attempt;
        return;
      }
      case "abort":
        this.#find(action.attempt)?.attempt?.abort();
        return;
      case "finish":
        this.#finish(action.result);
    }
  }

  #finish(result: DispatchResult): void {
    this.#over = true;
    this.#alarm.clear();
    this.#endWaiting();
    this.#tellGate();
    if (this.#job.streamed && result.outcome !== "client-gone")
      this.#committed?.close(result.failure);
    this.#job.finished(result);
  }
}
