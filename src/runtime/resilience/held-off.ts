import type { Failure } from "../../protocol/failure.ts";
import { targetFull } from "../dispatch/gate.ts";

/** Its breaker is open; a probe may be sent in so many milliseconds. */
export function broken(waitMs: number): Failure {
  return {
    cause: "unavailable",
    retrySame: false,
    code: "breaker_open",
    message: "the model failed too often lately and is left alone for a while",
    retryAfterMs: waitMs,
  };
}

/** Its provider asked for a pause, which lasts so many milliseconds more. */
export function paused(waitMs: number): Failure {
  return {
    cause: "rate_limited",
    retrySame: true,
    code: "target_paused",
    message: "the model's provider asked to be left alone for a while",
    retryAfterMs: waitMs,
  };
}

export const full: Failure = {
  cause: "overloaded",
  retrySame: false,
  code: targetFull,
  message: "the model works on as many requests as it may",
  retryAfterMs: 1_000,
};

export const takenOut: Failure = {
  cause: "unavailable",
  retrySame: false,
  code: "breaker_forced_open",
  message: "an operator took the model out of use",
};

export const sparing: Failure = {
  cause: "unavailable",
  retrySame: false,
  code: "slow_start",
  message: "the model has just recovered and takes few requests yet",
};
