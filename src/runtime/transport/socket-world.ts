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
  readonly #running = new Map<string, number>();

  constructor(parts: SocketWorldParts, limits: AnswerLimits = defaultAnswerLimits) {
    this.parts = parts;
    this.limits = limits;
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
    this.#running.set(order.target, this.running(order.target) + 1);
    const { startBridged } = this.parts;
    const bridged = order.job.upstreamOf(order.target)?.provider.sdk !== undefined;
    return bridged && startBridged !== undefined
      ? startBridged(this, order, reports)
      : startSocketAttempt(this, order, reports);
  }

  /** Attempts now open at a target: the load that `any` weighs. */
  running(target: string): number {
    return this.#running.get(target) ?? 0;
  }

  ended(target: string): void {
    const left = this.running(target) - 1;
    if (left > 0) this.#running.set(target, left);
    else this.#running.delete(target);
  }
}
