import type { Usage } from "../../protocol/usage.ts";
import type { CostLimit } from "../plan/plan.ts";
import { affords } from "./machine-rules.ts";
import type { AttemptOutcome, AttemptRecord } from "./machine-types.ts";
import type { RunningAttempt } from "./running-attempt.ts";

/** The attempts of one dispatch. */
export class AttemptList {
  /** Those that are over, in the order in which they ended. */
  readonly over: AttemptRecord[] = [];
  /** Those under way: none during a wait, two where one was hedged. */
  readonly running: RunningAttempt[] = [];

  find(attempt: number): RunningAttempt | undefined {
    return this.running.find(({ place }) => place.attempt === attempt);
  }

  end(
    running: RunningAttempt,
    outcome: AttemptOutcome,
    endedAtMs: number,
    usage: Usage | null,
  ): void {
    this.running.splice(this.running.indexOf(running), 1);
    const { place, firstTokenAtMs } = running;
    this.over.push({ ...place, firstTokenAtMs, endedAtMs, outcome, usage });
  }

  /** When the next limit of one under way passes. */
  nextLimit(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const running of this.running) next = Math.min(next, running.nextLimit());
    return next;
  }

  /** Whether one more at a target stays below a ceiling on cost, all others taken for as dear as can be. */
  affords(limit: CostLimit | null, target: string): boolean {
    if (limit === null) return true;
    return affords(limit, target, [...this.over, ...this.running.map(({ place }) => place)]);
  }
}
