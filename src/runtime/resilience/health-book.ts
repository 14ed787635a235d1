import type { LiveTargets, Measure } from "../../catalog/target-fact.ts";
import type { HealthSettings } from "../../configuration/configuration.ts";
import type { Failure } from "../../protocol/failure.ts";
import type {
  OpenAttempt,
  SentAttempt,
  TargetGate,
  TurnWait,
  TurnWaiter,
} from "../dispatch/gate.ts";
import type { BreakerState } from "./breaker.ts";
import {
  type ForcedState,
  type HealthChange,
  type HeldFor,
  TargetHealth,
} from "./target-health.ts";
import { isLess, type Vanity } from "./vanity.ts";

export interface HealthBookParts {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Those in force: a reload may change them. */
  readonly settings: () => HealthSettings;
  /** Most attempts at a target at once; null for any number. */
  readonly concurrencyOf?: (target: string) => number | null;
  /** Told when a target's breaker opens or closes, and when it asks for a pause. */
  readonly changed?: (target: string, change: HealthChange) => void;
}

/** One target at this moment. */
export interface TargetStanding {
  readonly target: string;
  readonly healthy: boolean;
  readonly breaker: BreakerState;
  /** Left alone for its failures; a target that an operator holds, or that asked for a pause, is not. */
  readonly ejected: boolean;
  readonly inFlight: number;
  /** Requests that wait for a turn. */
  readonly waiting: number;
}

/** For how many milliseconds a target is left alone; 0 for not. */
export interface HeldOff extends HeldFor {
  readonly target: string;
}

/** The health of every target that was asked, and the gate before them. One serves all requests of a World. */
export class HealthBook implements TargetGate, LiveTargets {
  readonly #parts: HealthBookParts;
  readonly #targets = new Map<string, TargetHealth>();

  constructor(parts: HealthBookParts) {
    this.#parts = parts;
  }

  holds(target: string, last: boolean, atMs: number): Failure | null {
    return this.#unwell(target, last, atMs) ?? this.#targets.get(target)?.full() ?? null;
  }

  lastResort(targets: readonly string[], atMs: number): string | null {
    let least: { readonly target: string; readonly vanity: Vanity } | null = null;
    for (const target of targets) {
      const vanity = this.#targets.get(target)?.vanity(atMs) ?? null;
      if (vanity === null || (least !== null && !isLess(vanity, least.vanity))) continue;
      least = { target, vanity };
    }
    return least?.target ?? null;
  }

  mayRetry(target: string): boolean {
    return this.#of(target).mayRetry();
  }

  retryWaits(target: string): () => void {
    return this.#of(target).retryWaits();
  }

  awaitTurn(wait: TurnWait, waiter: TurnWaiter): () => void {
    return this.#of(wait.target).awaitTurn(wait, waiter);
  }

  sent(attempt: SentAttempt): OpenAttempt {
    return this.#of(attempt.target).sent(attempt);
  }

  /** Whether a request that has nowhere else to go would be sent now: one that is only being spared, or full, is well. */
  healthy(target: string): boolean {
    return this.#isHealthy(target, this.#parts.now());
  }

  /** Whether more targets than may be are ejected at once: then something that they share is more likely to be at fault. */
  get panic(): boolean {
    return this.#isPanic(this.#parts.now());
  }

  /** Whether a target is left alone for its failures. */
  ejected(target: string): boolean {
    return this.#targets.get(target)?.isEjected(this.#parts.now()) ?? false;
  }

  measured(target: string, measure: Measure): number | undefined {
    const health = this.#targets.get(target);
    if (health === undefined) return measure === "queue" ? 0 : undefined;
    return health.measured(measure, this.#parts.now());
  }

  breaker(target: string): BreakerState {
    return this.#targets.get(target)?.breaker(this.#parts.now()) ?? "closed";
  }

  /** Attempts now open at a target. */
  inFlight(target: string): number {
    return this.#targets.get(target)?.inFlight ?? 0;
  }

  /** Holds a target's breaker open or closed, or lets it follow what it sees again (null). Ends where the target is forgotten. */
  force(target: string, state: ForcedState | null): void {
    this.#of(target).force(state);
  }

  /** How an operator holds a target's breaker; null where nobody does. */
  forced(target: string): ForcedState | null {
    return this.#targets.get(target)?.forced ?? null;
  }

  /** For how many milliseconds a target still asks to be left alone; null where it does not. */
  pauseLeftMs(target: string): number | null {
    const atMs = this.#parts.now();
    const until = this.#targets.get(target)?.pausedUntil(atMs) ?? null;
    return until === null ? null : until - atMs;
  }

  /** Every target that this gateway itself leaves alone, and for how many milliseconds; what it heard of others is not its own. */
  heldOff(): readonly HeldOff[] {
    const atMs = this.#parts.now();
    return [...this.#targets].flatMap(([target, health]) => {
      const held = health.heldOff(atMs);
      return held === null ? [] : [{ target, ...held }];
    });
  }

  /** Another gateway leaves a target alone for so long. */
  hear({ target, ...held }: HeldOff): void {
    this.#of(target).hear(held, this.#parts.now());
  }

  /** Requests that wait for a turn at a target. */
  waiting(target: string): number {
    return this.#targets.get(target)?.waiting ?? 0;
  }

  /** Forgets targets: others stand behind their names now. Attempts that are still open there end quietly. */
  forget(targets: Iterable<string>): void {
    for (const target of targets) this.#targets.delete(target);
  }

  /** Every target that was asked since the start, as it is now. */
  all(): readonly TargetStanding[] {
    const atMs = this.#parts.now();
    return [...this.#targets].map(([target, health]) => ({
      target,
      healthy: this.#isHealthy(target, atMs),
      breaker: health.breaker(atMs),
      ejected: health.isEjected(atMs),
      inFlight: health.inFlight,
      waiting: health.waiting,
    }));
  }

  /** One without anything left of a rate limit is no choice, but is sent to where there is no other. */
  #isHealthy(target: string, atMs: number): boolean {
    if (this.#targets.get(target)?.isEmpty(atMs) === true) return false;
    return this.#unwell(target, true, atMs) === null;
  }

  /** What its own health holds against a target, unless too many are in its place. */
  #unwell(target: string, last: boolean, atMs: number): Failure | null {
    const health = this.#targets.get(target);
    const held = health?.holds(last, atMs) ?? null;
    if (held === null || health?.mayTry(atMs) !== true) return held;
    return this.#isPanic(atMs) ? null : held;
  }

  /** Asked only of a target that is held off: it looks at all. */
  #isPanic(atMs: number): boolean {
    let ejected = 0;
    for (const health of this.#targets.values()) if (health.isEjected(atMs)) ejected += 1;
    return ejected > this.#parts.settings().maxEjected * this.#targets.size;
  }

  #of(target: string): TargetHealth {
    let health = this.#targets.get(target);
    if (health === undefined) {
      const { settings, random, changed, concurrencyOf } = this.#parts;
      health = new TargetHealth({
        settings,
        random,
        changed: (change) => changed?.(target, change),
        concurrency: () => concurrencyOf?.(target) ?? null,
      });
      this.#targets.set(target, health);
    }
    return health;
  }
}
