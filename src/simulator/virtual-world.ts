import type { Failure } from "../protocol/failure.ts";
import type { Usage } from "../protocol/usage.ts";
import { openGate, type TargetGate } from "../runtime/dispatch/gate.ts";
import type {
  Alarm,
  Attempt,
  AttemptOrder,
  AttemptReports,
  Job,
  World,
} from "../runtime/dispatch/world.ts";
import { EventQueue } from "./event-queue.ts";

/** What becomes of one attempt at a modelled provider; all times in milliseconds after it was begun there. */
export interface AttemptScript {
  /** First meaningful piece of a stream; null when none comes. No matter for an answer that is not streamed. */
  readonly firstTokenMs: number | null;
  /** Until when bytes flow after the first token; then there is silence up to the end. */
  readonly flowsUntilMs: number;
  /** How it ends of itself, a failure or null for a whole answer; null when it never does. */
  readonly end: {
    readonly afterMs: number;
    readonly failure: Failure | null;
    readonly usage: Usage | null;
  } | null;
  /** What was used, so long after it was begun, by an attempt that is stopped then; nothing when left out. */
  readonly usageAfter?: (ms: number) => Usage | null;
}

export interface VirtualWorldParts<J extends Job> {
  /** Says what becomes of an attempt sent at this moment. */
  readonly model: (order: AttemptOrder<J>, atMs: number) => AttemptScript;
  /** Uniform in [0, 1), seeded, so that a run can be repeated. */
  readonly random: () => number;
  /** Virtual time at the start, in milliseconds; 0 when left out. */
  readonly startMs?: number;
  /** Makes what stands before the targets, given the world's clock; nothing does when left out. */
  readonly gate?: (now: () => number) => TargetGate;
  /** Attempts that a target works on at once; others wait there, first come, first served. Null, or left out, for any number. */
  readonly slotsOf?: (target: string) => number | null;
  /** Whether an attempt does not wait there, since its script holds what it waited; it takes a place all the same. No when left out. */
  readonly isAtOnce?: (order: AttemptOrder<J>) => boolean;
  /** Told of attempts whose answers become their clients'. */
  readonly begins?: (order: AttemptOrder<J>) => void;
}

/** The attempts at one target. */
interface Workplace {
  /** At work. */
  running: number;
  /** Sent, and not at work yet. */
  readonly waiting: Set<() => void>;
}

/**
 * The World of the simulator: virtual time jumps from event to event, providers are models, and there is no promise,
 * so that an empty queue means that all is quiet. The machine in it is that of production.
 */
export class VirtualWorld<J extends Job> implements World<J> {
  readonly #parts: VirtualWorldParts<J>;
  readonly #queue = new EventQueue<() => void>();
  readonly #places = new Map<string, Workplace>();
  readonly gate: TargetGate;
  #nowMs: number;
  #openAlarms = 0;

  constructor(parts: VirtualWorldParts<J>) {
    this.#parts = parts;
    this.#nowMs = parts.startMs ?? 0;
    this.gate = parts.gate?.(() => this.#nowMs) ?? openGate;
  }

  now(): number {
    return this.#nowMs;
  }

  random(): number {
    return this.#parts.random();
  }

  /** Alarms that are set: none is left once every dispatch is over. */
  get openAlarms(): number {
    return this.#openAlarms;
  }

  /** Attempts that a target works on now. */
  running(target: string): number {
    return this.#places.get(target)?.running ?? 0;
  }

  /** Attempts that were sent to a target and wait there. */
  waiting(target: string): number {
    return this.#places.get(target)?.waiting.size ?? 0;
  }

  /** Attempts now open at all targets. */
  get openAttempts(): number {
    let sum = 0;
    for (const { running, waiting } of this.#places.values()) sum += running + waiting.size;
    return sum;
  }

  /** Has something happen at a virtual time, at once where that has passed; what is returned calls it off. */
  at(atMs: number, run: () => void): () => void {
    return this.#queue.add(Math.max(atMs, this.#nowMs), run);
  }

  /** Lets time pass until nothing is left to happen, or to the given time. */
  run(untilMs = Number.POSITIVE_INFINITY): void {
    while (this.#queue.size > 0 && this.#queue.nextAtMs() <= untilMs) {
      const event = this.#queue.take();
      if (!event) return;
      this.#nowMs = event.atMs;
      event.item();
    }
    if (untilMs !== Number.POSITIVE_INFINITY) this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** A simulation with a fault in it is worth nothing: it ends here. */
  bug(error: unknown): never {
    throw error;
  }

  createAlarm(ring: () => void): Alarm {
    let callOff: (() => void) | null = null;
    const clear = (): void => {
      if (!callOff) return;
      callOff();
      callOff = null;
      this.#openAlarms -= 1;
    };
    const set = (atMs: number): void => {
      clear();
      this.#openAlarms += 1;
      callOff = this.at(atMs, () => {
        callOff = null;
        this.#openAlarms -= 1;
        ring();
      });
    };
    return { set, clear };
  }

  start(order: AttemptOrder<J>, reports: AttemptReports): Attempt {
    const place = this.#placeOf(order.target);
    const attempt = new ScriptedAttempt({
      world: this,
      script: () => this.#parts.model(order, this.#nowMs),
      streamed: order.job.streamed,
      attempt: order.attempt,
      reports,
      committed: () => this.#parts.begins?.(order),
      ended: (begun, begin) => {
        if (begun) place.running -= 1;
        else place.waiting.delete(begin);
        this.#goOn(order.target, place);
      },
    });
    if (this.#parts.isAtOnce?.(order) === true) {
      place.running += 1;
      attempt.begin();
    } else {
      place.waiting.add(attempt.begin);
      this.#goOn(order.target, place);
    }
    return attempt;
  }

  #placeOf(target: string): Workplace {
    let place = this.#places.get(target);
    if (place === undefined) {
      place = { running: 0, waiting: new Set() };
      this.#places.set(target, place);
    }
    return place;
  }

  /** Whoever has waited longest is worked on, where there is room. */
  #goOn(target: string, place: Workplace): void {
    const slots = this.#parts.slotsOf?.(target) ?? Number.POSITIVE_INFINITY;
    for (const begin of place.waiting) {
      if (place.running >= slots) return;
      place.waiting.delete(begin);
      place.running += 1;
      begin();
    }
  }
}

interface ScriptedAttemptParts {
  readonly world: Pick<VirtualWorld<Job>, "now" | "at">;
  /** Says what becomes of it, when it is begun. */
  readonly script: () => AttemptScript;
  readonly streamed: boolean;
  readonly attempt: number;
  readonly reports: AttemptReports;
  readonly committed: () => void;
  /** Told whether it had been begun. */
  readonly ended: (begun: boolean, begin: () => void) => void;
}

class ScriptedAttempt implements Attempt {
  readonly #parts: ScriptedAttemptParts;
  #begunAtMs: number;
  #script: AttemptScript | null = null;
  #callOffToken: (() => void) | null = null;
  #callOffEnd: (() => void) | null = null;
  #over = false;

  constructor(parts: ScriptedAttemptParts) {
    this.#parts = parts;
    this.#begunAtMs = parts.world.now();
  }

  readonly begin = (): void => {
    const { world, streamed, attempt, reports } = this.#parts;
    const script = this.#parts.script();
    this.#script = script;
    this.#begunAtMs = world.now();
    const { firstTokenMs, end } = script;
    if (streamed && firstTokenMs !== null && (end === null || firstTokenMs <= end.afterMs))
      this.#callOffToken = world.at(this.#begunAtMs + firstTokenMs, () =>
        reports.firstToken(attempt),
      );
    if (end !== null)
      this.#callOffEnd = world.at(this.#begunAtMs + end.afterMs, () => this.#reportEnd(end));
  };

  lastByteAtMs(): number {
    const flowsUntilMs = this.#script?.flowsUntilMs ?? 0;
    return Math.min(this.#parts.world.now(), this.#begunAtMs + flowsUntilMs);
  }

  usage(): Usage | null {
    return this.#script?.usageAfter?.(this.#parts.world.now() - this.#begunAtMs) ?? null;
  }

  commit(): void {
    this.#parts.committed();
  }

  close(): void {
    // No client stands behind a virtual request: its job hears of the end.
  }

  abort(): void {
    this.#end();
  }

  #reportEnd(end: NonNullable<AttemptScript["end"]>): void {
    const { reports, attempt } = this.#parts;
    this.#end();
    if (end.failure) reports.failed(attempt, end.failure, end.usage);
    else reports.completed(attempt, end.usage);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#callOffToken?.();
    this.#callOffEnd?.();
    this.#parts.ended(this.#script !== null, this.begin);
  }
}
