import type { RateLimit } from "../rate-limits.ts";

/**
 * Limits as this wire tells them (wire-formats §2.6): each a bucket, its reset the time at which it is full. Of the limits on tokens
 * the one without a direction is the strictest that is in force.
 */
export const messagesRateLimits: readonly RateLimit[] = [
  {
    remaining: (headers) => headers["anthropic-ratelimit-requests-remaining"],
    limit: "anthropic-ratelimit-requests-limit",
    reset: "anthropic-ratelimit-requests-reset",
    ...{ refills: "bucket", counts: "requests" },
  },
  {
    remaining: (headers) => headers["anthropic-ratelimit-tokens-remaining"],
    limit: "anthropic-ratelimit-tokens-limit",
    reset: "anthropic-ratelimit-tokens-reset",
    ...{ refills: "bucket", counts: "tokens" },
  },
];
