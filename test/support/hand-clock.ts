import type { Clock } from "../../src/base/clock.ts";
import type { WheelHost } from "../../src/runtime/transport/timer-wheel.ts";

/** A clock and a timer host that move only when told. */
export interface HandClock extends Clock, WheelHost {
  /** Lets time pass; timers run at their moments, in order. */
  pass(ms: number): void;
  /** How often a timer has run. */
  readonly wakeUps: number;
}

export function createHandClock(startMs = 0): HandClock {
  let nowMs = startMs;
  const timers = new Set<{ atMs: number; run: () => void }>();
  const clock = {
    wakeUps: 0,
    now: () => nowMs,
    monotonic: () => nowMs,
    start(delayMs: number, run: () => void) {
      const timer = { atMs: nowMs + delayMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass(ms: number) {
      const untilMs = nowMs + ms;
      for (;;) {
        const due = [...timers].filter(({ atMs }) => atMs <= untilMs);
        const next = due.sort((one, other) => one.atMs - other.atMs)[0];
        if (!next) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        clock.wakeUps += 1;
        next.run();
      }
      nowMs = untilMs;
    },
  };
  return clock;
}
