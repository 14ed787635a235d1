import type { RateLimit } from "../rate-limits.ts";

const bucket = (counts: RateLimit["counts"]): RateLimit => ({
  limit: `x-ratelimit-limit-${counts}`,
  remaining: `x-ratelimit-remaining-${counts}`,
  reset: `x-ratelimit-reset-${counts}`,
  ...{ refills: "bucket", counts },
});

/** Limits as this wire's providers tell them (wire-formats §1.10): buckets whose reset is when they are full, or one window. */
export const chatRateLimits: readonly RateLimit[] = [
  bucket("requests"),
  bucket("tokens"),
  {
    limit: "x-ratelimit-limit",
    remaining: "x-ratelimit-remaining",
    reset: "x-ratelimit-reset",
    ...{ refills: "window", counts: "requests" },
  },
];
