import type { OpenAttempt } from "../dispatch/gate.ts";
import type { AttemptRecord } from "../dispatch/machine-types.ts";

/** Who is told of an attempt. Times are monotonic milliseconds. */
export interface Watcher {
  begun(watched: WatchedAttempt, atMs: number): void;
  exhausted(forMs: number, atMs: number): void;
  ended(watched: WatchedAttempt, record: AttemptRecord | null): void;
}

/** One attempt on its way, with what its end has to be told. */
export class WatchedAttempt implements OpenAttempt {
  readonly #health: Watcher;
  readonly extra: boolean;
  readonly probe: boolean;
  /** Whether it was sent though the breaker was open. */
  readonly trickle: boolean;
  /** Whether the trickle knows that it was answered. */
  heard = false;
  readonly sentAtMs: number;

  constructor(
    health: Watcher,
    {
      extra,
      probe,
      trickle,
      sentAtMs,
    }: Pick<WatchedAttempt, "extra" | "probe" | "trickle" | "sentAtMs">,
  ) {
    this.#health = health;
    this.extra = extra;
    this.probe = probe;
    this.trickle = trickle;
    this.sentAtMs = sentAtMs;
  }

  firstToken(atMs: number): void {
    this.#health.begun(this, atMs);
  }

  exhausted(forMs: number, atMs: number): void {
    this.#health.exhausted(forMs, atMs);
  }

  ended(record: AttemptRecord | null): void {
    this.#health.ended(this, record);
  }
}
