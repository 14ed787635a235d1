import type { RateLimit } from "../rate-limits.ts";

/** Limits as this wire's providers tell them (wire-formats §1.10): buckets whose reset is when they are full, or one window. */
export const chatRateLimits: readonly RateLimit[] = [
  {
    remaining: (headers) => headers["x-ratelimit-remaining-requests"],
    limit: "x-ratelimit-limit-requests",
    reset: "x-ratelimit-reset-requests",
    ...{ refills: "bucket", counts: "requests" },
  },
  {
    remaining: (headers) => headers["x-ratelimit-remaining-tokens"],
    limit: "x-ratelimit-limit-tokens",
    reset: "x-ratelimit-reset-tokens",
    ...{ refills: "bucket", counts: "tokens" },
  },
  {
    remaining: (headers) => headers["x-ratelimit-remaining"],
    limit: "x-ratelimit-limit",
    reset: "x-ratelimit-reset",
    ...{ refills: "window", counts: "requests" },
  },
];
