import type { Core } from "../core.ts";
import { standing, type TargetStatus } from "../readiness.ts";

/** A target as `/admin/targets` lists it; what is not known is null. */
export interface TargetReport extends TargetStatus {
  readonly provider: string;
  readonly model: string;
  readonly breaker: "closed" | "open" | "half-open";
  /** `auto` unless an operator holds the breaker. */
  readonly breakerSetTo: "closed" | "open" | "auto";
  /** Left alone for its failures. */
  readonly ejected: boolean;
  readonly inFlight: number;
  /** Most attempts at once; null for any number. */
  readonly concurrency: number | null;
  /** Requests that wait for a turn. */
  readonly waiting: number;
  /** Of late, in milliseconds. */
  readonly timeToFirstTokenMs: number | null;
  /** Share of the attempts of late that failed, in 0..1. */
  readonly errorRate: number | null;
  /** ISO time until which its provider asked to be left alone. */
  readonly pausedUntil: string | null;
}

export interface TargetList {
  /** Whether more targets are ejected at once than `health.max-ejected`: each is let a little through then. */
  readonly panic: boolean;
  readonly targets: readonly TargetReport[];
}

/** The targets of the configuration in force, and how they are now. */
export function listTargets(core: Core): TargetList {
  const { health, liveTargets, clock, snapshot } = core;
  const configured = [...snapshot.targets.configured.values()];
  return {
    panic: health.panic,
    targets: configured.map(({ target, standIn }) => {
      const { name, provider, model } = target;
      const pauseMs = health.pauseLeftMs(name);
      return {
        ...{ name, provider, model },
        state: standIn ? "stand-in" : standing(core, name),
        breaker: health.breaker(name),
        breakerSetTo: health.forced(name) ?? "auto",
        ejected: health.ejected(name),
        inFlight: health.inFlight(name),
        concurrency: target.concurrency ?? null,
        waiting: health.waiting(name),
        timeToFirstTokenMs: liveTargets.measured(name, "ttft") ?? null,
        errorRate: liveTargets.measured(name, "error_rate") ?? null,
        pausedUntil: pauseMs === null ? null : new Date(clock.now() + pauseMs).toISOString(),
      };
    }),
  };
}
