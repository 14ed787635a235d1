import { invariant } from "../../base/assert.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { OpenAttempt } from "./gate.ts";
import { createMachine, type Machine } from "./machine.ts";
import { ourFault } from "./machine-failures.ts";
import type { DispatchAction, DispatchEvent } from "./machine-types.ts";
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
  driver.handle({ kind: "start", atMs: world.now() });
  return driver;
}

class Driver<J extends Job> implements Dispatch, AttemptReports {
  readonly #job: J;
  readonly #world: World<J>;
  readonly #machine: Machine;
  readonly #alarm: Alarm;
  #running: Attempt | null = null;
  /** The attempt that has no record yet, as the gate knows it. */
  #open: OpenAttempt | null = null;
  /** How many attempts the gate knows to be over. */
  #told = 0;
  /** Ends the waiting of a retry. */
  #stopWaiting: (() => void) | null = null;
  #committed = false;
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
    if (attempt === this.#machine.attempts.length) this.#open?.firstToken(atMs);
    this.handle({ kind: "first-token", attempt, atMs });
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
        const actions = this.#machine.handle(next);
        this.#tellGate();
        for (const action of actions) this.#carryOut(action);
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
    this.#open?.ended(null);
    this.#open = null;
    const running = this.#running;
    this.#running = null;
    try {
      running?.abort();
      if (this.#committed && this.#job.streamed) running?.close(ourFault);
      this.#job.finished({
        outcome: "failed",
        failure: ourFault,
        committed: this.#committed,
        attempts: this.#machine.attempts,
        skipped: this.#machine.skipped,
      });
    } catch (further) {
      this.#world.bug(further);
    }
  }

  #progress(kind: "wake" | "client-gone"): void {
    if (this.#over) return;
    const atMs = this.#world.now();
    const running = this.#running;
    this.handle({
      kind,
      atMs,
      lastByteAtMs: running?.lastByteAtMs() ?? atMs,
      // Read only where the attempt is stopped: it may have to be estimated.
      get usage() {
        return running?.usage() ?? null;
      },
    });
  }

  /** Tells the gate of the attempt that this event ended, before another is sent. */
  #tellGate(): void {
    const { attempts } = this.#machine;
    if (attempts.length === this.#told) return;
    this.#told = attempts.length;
    this.#open?.ended(attempts[this.#told - 1] ?? null);
    this.#open = null;
  }

  #endWaiting(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
  }

  #send({ attempt, target, retry }: Extract<DispatchAction, { readonly kind: "send" }>): void {
    this.#endWaiting();
    const { streamed } = this.#job;
    this.#open = this.#world.gate.sent({ target, retry, streamed, atMs: this.#world.now() });
    this.#running = this.#world.start({ job: this.#job, attempt, target }, this);
  }

  #carryOut(action: DispatchAction): void {
    switch (action.kind) {
      case "send":
        this.#send(action);
        return;
      case "await-retry":
        this.#stopWaiting = this.#world.gate.retryWaits(action.target);
        return;
      case "alarm":
        this.#alarm.set(action.atMs);
        return;
      case "commit":
        invariant(this.#running, "what is committed is running");
        // Only afterwards: an answer whose head could not be sent is not the client's.
        this.#running.commit();
        this.#committed = true;
        return;
      case "abort":
        this.#running?.abort();
        return;
      case "finish":
        this.#over = true;
        this.#alarm.clear();
        this.#endWaiting();
        if (this.#committed && this.#job.streamed && action.result.outcome !== "client-gone") {
          this.#running?.close(action.result.failure);
        }
        this.#running = null;
        this.#job.finished(action.result);
    }
  }
}
