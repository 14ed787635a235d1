import type { TargetGate } from "../dispatch/gate.ts";
import type { Alarm, Attempt, AttemptOrder, AttemptReports, World } from "../dispatch/world.ts";
import {
  type AnswerLimits,
  defaultAnswerLimits,
  type ModelJob,
  type SocketSurroundings,
  type SocketWorldParts,
} from "./model-job.ts";
import { startSocketAttempt } from "./socket-attempt.ts";

/** The World of production: attempts are HTTP requests over pooled connections. One serves all requests. */
export class SocketWorld implements World<ModelJob>, SocketSurroundings {
  readonly parts: SocketWorldParts;
  readonly limits: AnswerLimits;

  constructor(parts: SocketWorldParts, limits: AnswerLimits = defaultAnswerLimits) {
    this.parts = parts;
    this.limits = limits;
  }

  get gate(): TargetGate {
    return this.parts.gate;
  }

  now(): number {
    return this.parts.clock.monotonic();
  }

  random(): number {
    return this.parts.random();
  }

  createAlarm(ring: () => void): Alarm {
    return this.parts.timers.createAlarm(ring);
  }

  bug(error: unknown): void {
    this.parts.onBug(error);
  }

  start(order: AttemptOrder<ModelJob>, reports: AttemptReports): Attempt {
    const { startBridged } = this.parts;
    const bridged = order.job.upstreamOf(order.target)?.provider.sdk !== undefined;
    return bridged && startBridged !== undefined
      ? startBridged(this, order, reports)
      : startSocketAttempt(this, order, reports);
  }
}
