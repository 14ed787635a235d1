import type { Failure } from "./failure.ts";

interface Band {
  readonly baseMs: number;
  readonly capMs: number;
}

const transient: Band = { baseMs: 50, capMs: 2_000 };
const throttling: Band = { baseMs: 1_000, capMs: 20_000 };

/** A provider's hint beyond this is a target out of service, not a pause to sit through. */
export const longestHintMs = 60_000;

/**
 * How long to wait before asking the same target again, in milliseconds. Full jitter: uniform below a ceiling that
 * doubles with each retry (`retry` counts from 0), 50 ms to 2 s, and 1 s to 20 s after throttling. A provider's own
 * hint is a minimum, with the small jitter on top so that clients told the same do not return together. Infinity when
 * the hint is too long to wait for.
 */
export function backoffMs(failure: Failure, retry: number, random: () => number): number {
  const hint = failure.retryAfterMs;
  if (hint !== undefined && Number.isFinite(hint)) {
    if (hint > longestHintMs) return Number.POSITIVE_INFINITY;
    return Math.max(0, hint) + jitter(transient, retry, random);
  }
  return jitter(failure.cause === "rate_limited" ? throttling : transient, retry, random);
}

function jitter(band: Band, retry: number, random: () => number): number {
  return random() * ceilingMs(band, retry);
}

function ceilingMs({ baseMs, capMs }: Band, retry: number): number {
  return Math.min(capMs, baseMs * 2 ** retry);
}

/** What no wait before a retry of this number exceeds, whatever the failure and the draw; in milliseconds. */
export function longestBackoffMs(retry: number): number {
  return Math.max(longestHintMs + ceilingMs(transient, retry), ceilingMs(throttling, retry));
}
