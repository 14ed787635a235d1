/** Whose work is shed first when there is too much of it: `low`, then `normal`, then `high`. */
export type Priority = "high" | "normal" | "low";

/** What there is too much of. */
export type ShedReason = "in_flight_bytes" | "loop_delay" | "heap";

/** The most that the gateway takes on, from its configuration. */
export interface AdmissionLimits {
  /** Bytes of requests and answers that it holds at once. */
  readonly maxInFlightBytes: number;
  /** How late the event loop may run, in milliseconds. */
  readonly maxLoopDelayMs: number;
  /** Share of V8's heap limit that may be in use, in 0..1. */
  readonly maxHeapShare: number;
}

/** One sample of the process. */
export interface Load {
  /** The longest that the event loop was late since the sample before, in milliseconds. */
  readonly loopDelayMs: number;
  /** Share of V8's heap limit in use, in 0..1. */
  readonly heapShare: number;
}

/** Shares of a limit from which on new work of a priority is shed. */
export const shedMarks: Readonly<Record<Priority, number>> = { low: 0.7, normal: 0.85, high: 1 };

const priorities = ["low", "normal", "high"] as const;

/** What is held for one request; dropped as a whole. */
export interface Holding {
  add(bytes: number): void;
  /** Harmless when repeated. */
  drop(): void;
}

/**
 * Decides whether new work is taken. Bytes are counted exactly and weigh at once; what is sampled weighs after two samples in a
 * row, so that one long turn of the loop, or one moment before a collection, sheds nothing. Work that was taken is never given up.
 */
export class Admission {
  readonly #limits: () => AdmissionLimits;
  readonly #loopDelay = new Watched();
  readonly #heap = new Watched();
  #heldBytes = 0;
  #stalledReaders = 0;

  constructor(limits: () => AdmissionLimits) {
    this.#limits = limits;
  }

  /** Bytes of requests and answers held now. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Clients that leave a full buffer unread at the moment. */
  get stalledReaders(): number {
    return this.#stalledReaders;
  }

  readerStalled(by: 1 | -1): void {
    this.#stalledReaders += by;
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }

  holding(): Holding {
    return new OneHolding(this);
  }

  /** Takes a sample; its use of the limits is weighed by those in force now. */
  sample({ loopDelayMs, heapShare }: Load): void {
    const { maxLoopDelayMs, maxHeapShare } = this.#limits();
    this.#loopDelay.sample(loopDelayMs / maxLoopDelayMs);
    this.#heap.sample(heapShare / maxHeapShare);
  }

  /** Why new work of a priority is not taken now; null where it is. Before a priority is known only the whole limits count. */
  shed(priority: Priority | null): ShedReason | null {
    const mark = priority ?? "high";
    if (this.#heldBytes >= shedMarks[mark] * this.#limits().maxInFlightBytes)
      return "in_flight_bytes";
    if (this.#loopDelay.isOver(mark)) return "loop_delay";
    return this.#heap.isOver(mark) ? "heap" : null;
  }
}

/** A use of a limit over its marks: on after two samples in a row at or above one, off after two below it. */
class Watched {
  #before = 0;
  readonly #over: Record<Priority, boolean> = { low: false, normal: false, high: false };

  sample(use: number): void {
    const least = Math.min(this.#before, use);
    const most = Math.max(this.#before, use);
    for (const priority of priorities) {
      if (least >= shedMarks[priority]) this.#over[priority] = true;
      else if (most < shedMarks[priority]) this.#over[priority] = false;
    }
    this.#before = use;
  }

  isOver(priority: Priority): boolean {
    return this.#over[priority];
  }
}

class OneHolding implements Holding {
  readonly #admission: Admission;
  #bytes = 0;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#admission.hold(bytes);
  }

  drop(): void {
    this.#admission.release(this.#bytes);
    this.#bytes = 0;
  }
}
