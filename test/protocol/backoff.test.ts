import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../src/base/random.ts";
import { backoffMs, longestBackoffMs, longestHintMs } from "../../src/protocol/backoff.ts";
import { anyFailure } from "../support/dispatch-arbitraries.ts";

test("full jitter lies between nothing and its ceiling, and a hint is its minimum", () => {
  fc.assert(
    fc.property(anyFailure, fc.nat({ max: 30 }), fc.nat(), (failure, retry, seed) => {
      const random = createRandom(seed);
      const wait = backoffMs(failure, retry, () => random.next());
      const hint = failure.retryAfterMs;
      if (hint !== undefined && Number.isFinite(hint)) {
        if (hint > longestHintMs) expect(wait).toBe(Number.POSITIVE_INFINITY);
        else expect(wait).toBeGreaterThanOrEqual(Math.max(0, hint));
        if (hint <= longestHintMs) expect(wait).toBeLessThan(Math.max(0, hint) + 2_000);
        return;
      }
      const throttled = failure.cause === "rate_limited";
      const ceiling = throttled
        ? Math.min(20_000, 1_000 * 2 ** retry)
        : Math.min(2_000, 50 * 2 ** retry);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThan(ceiling);
    }),
  );
});

test("full jitter is spread over its whole range", () => {
  const random = createRandom(7);
  const failure = { cause: "network", retrySame: true, message: "" } as const;
  const waits = Array.from({ length: 4_000 }, () => backoffMs(failure, 3, () => random.next()));
  const quarters = [0, 1, 2, 3].map(
    (quarter) => waits.filter((wait) => Math.floor(wait / 100) === quarter).length,
  );
  for (const count of quarters) expect(Math.abs(count - 1_000)).toBeLessThan(5 * Math.sqrt(750));
});

test("no wait that is sat through exceeds the longest of its retry", () => {
  fc.assert(
    fc.property(anyFailure, fc.nat({ max: 30 }), fc.nat(), (failure, retry, seed) => {
      const random = createRandom(seed);
      const wait = backoffMs(failure, retry, () => random.next());
      if (Number.isFinite(wait)) expect(wait).toBeLessThanOrEqual(longestBackoffMs(retry));
    }),
  );
});
