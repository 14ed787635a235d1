import type { Failure } from "../../protocol/failure.ts";
import type { Plan } from "../plan/plan.ts";
import { firstTokenFailure, idleFailure, slowFailure, timeoutFailure } from "./machine-failures.ts";
import type { AttemptProgress } from "./machine-types.ts";

/** How an attempt was sent. */
export interface AttemptPlace {
  /** Counts sends from 0. */
  readonly attempt: number;
  readonly target: string;
  /** Index of the plan's step. */
  readonly step: number;
  /** Whether it was sent beside another that was slow. */
  readonly hedge: boolean;
  readonly startedAtMs: number;
}

const never = Number.POSITIVE_INFINITY;

/** How long a stream runs before its speed is judged, and how often it is judged then. */
const paceAfterMs = 5_000;
const paceEveryMs = 1_000;

/** One attempt under way and the limits of its plan on it. Times are monotonic milliseconds. */
export class RunningAttempt {
  readonly place: AttemptPlace;
  readonly #plan: Plan;
  readonly #streamed: boolean;
  firstTokenAtMs: number | null = null;
  /** Whether its output is the client's. */
  committed = false;
  /** From the first token on: when bytes were last known to arrive. */
  #lastByteAtMs = 0;
  #paceAtMs = never;

  constructor(place: AttemptPlace, plan: Plan, streamed: boolean) {
    this.place = place;
    this.#plan = plan;
    this.#streamed = streamed;
  }

  /** The first meaningful piece of its stream is here. */
  begin(atMs: number): void {
    this.firstTokenAtMs = atMs;
    this.#lastByteAtMs = atMs;
    if (this.#plan.minTps !== null) this.#paceAtMs = atMs + paceAfterMs;
  }

  /** Which limit has passed, if any; the narrowest one that explains most is told. */
  passed(atMs: number, progress: AttemptProgress): Failure | null {
    this.#lastByteAtMs = Math.max(this.#lastByteAtMs, progress.lastByteAtMs);
    if (atMs >= this.#firstTokenLimit()) return firstTokenFailure;
    if (atMs >= this.#idleLimit()) return idleFailure;
    if (atMs >= this.place.startedAtMs + this.#plan.timeoutMs) return timeoutFailure;
    return this.#isTooSlow(atMs, progress) ? slowFailure : null;
  }

  /** When the next of its limits passes, if nothing happens. */
  nextLimit(): number {
    return Math.min(
      this.place.startedAtMs + this.#plan.timeoutMs,
      this.#firstTokenLimit(),
      this.#idleLimit(),
      this.#paceAtMs,
    );
  }

  #firstTokenLimit(): number {
    const waits = this.#streamed && this.firstTokenAtMs === null;
    return waits ? this.place.startedAtMs + this.#plan.firstTokenMs : never;
  }

  #idleLimit(): number {
    return this.firstTokenAtMs === null ? never : this.#lastByteAtMs + this.#plan.idleMs;
  }

  /** Looks at most once a second: tokens may have to be counted for it. */
  #isTooSlow(atMs: number, progress: AttemptProgress): boolean {
    const { minTps } = this.#plan;
    if (atMs < this.#paceAtMs || minTps === null || this.firstTokenAtMs === null) return false;
    this.#paceAtMs = atMs + paceEveryMs;
    const tokens = progress.usage?.outputTokens;
    return tokens !== undefined && tokens * 1_000 < minTps * (atMs - this.firstTokenAtMs);
  }
}
