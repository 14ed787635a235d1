import type { Clock } from "../../base/clock.ts";
import type { Alarm } from "../dispatch/world.ts";

/** The one timer of the process that a wheel keeps: Node's, or a test's. */
export interface WheelHost {
  /** Calls `run` once after the delay; returns what cancels it. */
  start(delayMs: number, run: () => void): () => void;
}

/** Makes alarms that all hang on one timer. */
export interface TimerWheel {
  createAlarm(ring: () => void): Alarm;
  /** Alarms set and not yet rung. */
  readonly pending: number;
}

const granularityMs = 8;
const slotCount = 512;

/** Node's timers, which do not keep the process alive. */
const nodeHost: WheelHost = {
  start(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/**
 * A hashed wheel of 8 ms ticks: an alarm rings at its time or some milliseconds after, never before. Setting and
 * clearing cost a few pointer writes. The one timer sleeps until the nearest alarm, so alarms that are nearly always
 * cleared, as limits are, cause next to no wake-ups.
 */
export function createTimerWheel(clock: Clock, host: WheelHost = nodeHost): TimerWheel {
  return new Wheel(clock, host);
}

/** An alarm as an entry of the linked list of its slot. */
class Spoke implements Alarm {
  readonly #wheel: Wheel;
  readonly ring: () => void;
  /** Tick at which it is due; -1 while it is not set. */
  tick = -1;
  previous: Spoke | null = null;
  next: Spoke | null = null;

  constructor(wheel: Wheel, ring: () => void) {
    this.#wheel = wheel;
    this.ring = ring;
  }

  set(atMs: number): void {
    this.#wheel.hang(this, atMs);
  }

  clear(): void {
    this.#wheel.unhang(this);
  }
}

class Wheel implements TimerWheel {
  readonly #clock: Clock;
  readonly #host: WheelHost;
  readonly #slots: (Spoke | null)[] = new Array<Spoke | null>(slotCount).fill(null);
  pending = 0;
  /** Every tick up to this one has been rung. */
  #doneTick: number;
  /** Tick for which the host's timer runs; Infinity while it does not. */
  #armedTick = Number.POSITIVE_INFINITY;
  #disarm: (() => void) | null = null;

  constructor(clock: Clock, host: WheelHost) {
    this.#clock = clock;
    this.#host = host;
    this.#doneTick = Math.floor(clock.monotonic() / granularityMs);
  }

  createAlarm(ring: () => void): Alarm {
    return new Spoke(this, ring);
  }

  hang(spoke: Spoke, atMs: number): void {
    this.unhang(spoke);
    const tick = Math.max(Math.ceil(atMs / granularityMs), this.#doneTick + 1);
    const slot = tick % slotCount;
    const head = this.#slots[slot] ?? null;
    spoke.tick = tick;
    spoke.next = head;
    if (head) head.previous = spoke;
    this.#slots[slot] = spoke;
    this.pending += 1;
    if (tick < this.#armedTick) this.#arm(tick);
  }

  unhang(spoke: Spoke): void {
    if (spoke.tick < 0) return;
    if (spoke.previous) spoke.previous.next = spoke.next;
    else this.#slots[spoke.tick % slotCount] = spoke.next;
    if (spoke.next) spoke.next.previous = spoke.previous;
    spoke.previous = null;
    spoke.next = null;
    spoke.tick = -1;
    this.pending -= 1;
  }

  #arm(tick: number): void {
    this.#disarm?.();
    this.#armedTick = tick;
    const delayMs = Math.max(1, Math.ceil(tick * granularityMs - this.#clock.monotonic()));
    this.#disarm = this.#host.start(delayMs, () => this.#turn());
  }

  /** Rings what is due, then sleeps until the next alarm. */
  #turn(): void {
    this.#disarm = null;
    this.#armedTick = Number.POSITIVE_INFINITY;
    const now = Math.floor(this.#clock.monotonic() / granularityMs);
    const due: Spoke[] = [];
    const from = Math.max(this.#doneTick + 1, now - slotCount + 1);
    for (let tick = from; tick <= now; tick += 1) this.#collect(tick % slotCount, now, due);
    this.#doneTick = Math.max(this.#doneTick, now);
    for (const spoke of due) {
      // An alarm that rang before it may have cleared this one, or moved it on.
      if (spoke.tick < 0 || spoke.tick > now) continue;
      this.unhang(spoke);
      spoke.ring();
    }
    if (this.pending > 0) this.#armNext();
  }

  #collect(slot: number, now: number, due: Spoke[]): void {
    for (let spoke = this.#slots[slot] ?? null; spoke; spoke = spoke.next) {
      if (spoke.tick <= now) due.push(spoke);
    }
  }

  /** The nearest alarm of this revolution, else one revolution on: then the far ones are looked at again. */
  #armNext(): void {
    const end = this.#doneTick + slotCount;
    let tick = this.#doneTick + 1;
    while (tick < end && !this.#isDueAt(tick)) tick += 1;
    if (tick < this.#armedTick) this.#arm(tick);
  }

  #isDueAt(tick: number): boolean {
    for (let spoke = this.#slots[tick % slotCount] ?? null; spoke; spoke = spoke.next) {
      if (spoke.tick === tick) return true;
    }
    return false;
  }
}
