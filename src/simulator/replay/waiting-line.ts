import type { Cause } from "../../protocol/cause.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { AttemptRecord, DispatchResult } from "../../runtime/dispatch/machine-types.ts";
import type { Plan } from "../../runtime/plan/plan.ts";
import type { ReplayedJob } from "./replayed-job.ts";

/** All lines take turns with the callers as one. */
export const laneCaller = "batch";

/** What became of a request that waited for its answer. */
export interface LineEnd {
  /** `deferred` where a batch answered, `ok` where a later step did live, `client-gone` where its client called it back. */
  readonly ending: "deferred" | "ok" | "failed" | "client-gone";
  readonly answeredBy: string | null;
  readonly cause: Cause | null;
  /** Why another step was asked; null for nothing. */
  readonly movedBy: Cause | null;
  readonly attempts: readonly AttemptRecord[];
  /** Whether its time was over before anybody answered. */
  readonly isExpired: boolean;
  /** Whether it waited on the virtual clock; false beyond what can wait at once. */
  readonly isPlayed: boolean;
}

/** A request as it is put into the lane. */
export interface LineOrder {
  readonly job: ReplayedJob;
  readonly plan: Plan;
  /** When its time is over, in milliseconds of the world. */
  readonly deadlineMs: number;
  /** When its client calls it back, by the log; Infinity for never. */
  readonly calledBackAtMs: number;
  /** The job that asks the targets of a plan at once. */
  liveJob(plan: Plan, ended: (result: DispatchResult) => void): ReplayedJob;
  /** Told once. */
  ended(end: LineEnd): void;
}

/** Bytes of a token of a prompt, and of the rest of a request: logs tell no bytes, by which batches are cut. */
const bytesPerToken = 4;
const bytesBeside = 300;

/** A request in the lane, as the gateway keeps it: `queued` for company, `sent` in a provider's batch, `live` to be asked at once. */
export class WaitingLine {
  readonly order: LineOrder;
  readonly target: string;
  /** In bytes, about. */
  readonly length: number;
  readonly deadlineMs: number;
  readonly calledBackAtMs: number;
  readonly sinceMs: number;
  state: "queued" | "sent" | "live" | "done" = "queued";
  /** Steps of its plan that are behind it. */
  from = 0;
  attempts: readonly AttemptRecord[] = [];
  /** Called as it ends: takes it out of wherever it waits. */
  left: () => void = () => undefined;
  /** Calls off what its deadline brings. */
  callOff: () => void = () => undefined;

  constructor(order: LineOrder, sinceMs: number) {
    this.order = order;
    this.target = order.plan.steps[0]?.target ?? "";
    this.length = order.job.inputTokens * bytesPerToken + bytesBeside;
    this.deadlineMs = order.deadlineMs;
    this.calledBackAtMs = order.calledBackAtMs;
    this.sinceMs = sinceMs;
  }

  /** What its whole answer uses in a batch at its target. */
  get usage(): Usage {
    return { ...this.order.job.usageAt(this.target), tier: "batch" };
  }

  /** An attempt of a provider's batch at it. */
  attempt(
    startedAtMs: number,
    endedAtMs: number,
    outcome: { readonly usage: Usage } | { readonly failure: Failure },
  ): AttemptRecord {
    const isAnswer = "usage" in outcome;
    return {
      ...{ attempt: 0, hedge: false, target: this.target, step: 0, startedAtMs, endedAtMs },
      ...{ firstTokenAtMs: null, usage: isAnswer ? outcome.usage : null },
      outcome: isAnswer ? { kind: "ok" } : { kind: "failed", failure: outcome.failure },
    };
  }
}
