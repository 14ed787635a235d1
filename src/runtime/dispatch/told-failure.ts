import type { Failure } from "../../protocol/failure.ts";
import { targetFull } from "./gate.ts";

const never = Number.POSITIVE_INFINITY;

/** Whether a failure says when to come back rather than that something is wrong with the request or the target. */
function isWait({ cause, code }: Failure): boolean {
  return cause === "rate_limited" || code === "breaker_open" || code === targetFull;
}

/** What a client is told when nothing came of its request. */
export class ToldFailure {
  #last: Failure | null = null;
  /** Smallest wait asked for while every failure so far was a matter of waiting; null once one was not. */
  #comeBackMs: number | null = never;

  raise(failure: Failure): void {
    this.#last = failure;
    if (!isWait(failure)) this.#comeBackMs = null;
    if (this.#comeBackMs !== null && failure.retryAfterMs !== undefined) {
      this.#comeBackMs = Math.min(this.#comeBackMs, failure.retryAfterMs);
    }
  }

  /** The most telling failure: the last one raised; where all were a matter of waiting, with the shortest wait asked for. */
  tell(otherwise: Failure): Failure {
    const told = this.#last ?? otherwise;
    if (this.#comeBackMs === null || this.#comeBackMs === never) return told;
    return { ...told, retryAfterMs: this.#comeBackMs };
  }
}
