import type { Outage, ShownOutages } from "../models/target-model.ts";

/** How a log's own times lie on the clock of a replay. */
export interface LogClock {
  /** A moment as the log tells it: milliseconds since the epoch, or after a zero of the log's own. */
  readonly loggedMs: number;
  /** The same moment in the replay, in milliseconds since the epoch. */
  readonly atMs: number;
  /** The log's own times pass so many times as fast. */
  readonly speed: number;
}

/**
 * Outages on the replay's clock. Those of the very log that is played, or of a longer one with it, are when they were,
 * whichever request is played first; those of any other as long after its first request as they came there.
 */
export function outagesOn(
  { loggedMs, atMs, speed }: LogClock,
  { log, outages }: ShownOutages,
): readonly Outage[] {
  const { fromMs: firstMs, toMs: lastMs } = log;
  const isWithin = firstMs !== null && lastMs !== null && loggedMs >= firstMs && loggedMs <= lastMs;
  const earlierMs = isWithin ? loggedMs - firstMs : 0;
  const playedMs = (afterMs: number): number => atMs + (afterMs - earlierMs) / speed;
  return outages.map((outage) => {
    return { ...outage, fromMs: playedMs(outage.fromMs), toMs: playedMs(outage.toMs) };
  });
}
