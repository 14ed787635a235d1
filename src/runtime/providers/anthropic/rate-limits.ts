import type { RateLimit } from "../rate-limits.ts";

const bucket = (name: string, counts: RateLimit["counts"]): RateLimit => ({
  limit: `anthropic-ratelimit-${name}-limit`,
  remaining: `anthropic-ratelimit-${name}-remaining`,
  reset: `anthropic-ratelimit-${name}-reset`,
  ...{ refills: "bucket", counts },
});

/** Limits as this wire tells them (wire-formats §2.6): each a bucket, its reset the time at which it is full. */
export const messagesRateLimits: readonly RateLimit[] = [
  bucket("requests", "requests"),
  bucket("tokens", "tokens"),
  bucket("input-tokens", "tokens"),
  bucket("output-tokens", "tokens"),
];
