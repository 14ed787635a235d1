import fc from "fast-check";
import { expect, test } from "vitest";
import { adapterFor } from "../../../src/runtime/providers/adapters.ts";

const told = (kind: "openai" | "anthropic" | "gemini", headers: Record<string, string>) =>
  adapterFor(kind).exhaustedMs?.({ status: 200, headers });

const chat = (limit: string, remaining: string, reset: string, of = "requests") => ({
  [`x-ratelimit-limit-${of}`]: limit,
  [`x-ratelimit-remaining-${of}`]: remaining,
  [`x-ratelimit-reset-${of}`]: reset,
});

test.each([
  ["a bucket of requests: until one is back", chat("60", "0", "1m0s"), 1_000],
  ["hours", chat("100", "0", "1h30m"), 54_000],
  ["milliseconds", chat("1", "0", "120ms"), 120],
  ["seconds with a fraction", chat("2", "0", "2m59.56s"), 89_780],
  ["plain seconds, as Azure has them", chat("10", "0", "30"), 3_000],
  ["a bucket of tokens: until a twentieth is back", chat("40000", "0", "20s", "tokens"), 1_000],
  ["something left", chat("60", "1", "1m0s"), undefined],
  ["a negative count, which is none", chat("60", "-1", "1m0s"), undefined],
  ["a zero where nobody counts", chat("0", "0", "1m0s"), undefined],
  [
    "a zero without a limit",
    { ...chat("60", "0", "1m0s"), "x-ratelimit-limit-requests": "" },
    undefined,
  ],
  ["a reset that is none", chat("60", "0", "soon"), undefined],
  ["a reset that is negative", chat("60", "0", "-5"), undefined],
  ["nothing", {}, undefined],
  [
    "the longest of two",
    { ...chat("60", "0", "1m0s"), ...chat("40000", "0", "60s", "tokens") },
    3_000,
  ],
  [
    "one window, by the epoch and the answer's own clock",
    {
      date: "Fri, 27 Nov 2026 12:00:00 GMT",
      "x-ratelimit-limit": "20",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(Date.UTC(2026, 10, 27, 12, 0, 45)),
    },
    45_000,
  ],
] as const)("of %s", (_what, headers, ms) => {
  expect(told("openai", headers)).toBe(ms);
});

const messages = (of: string, limit: string, remaining: string, reset: string) => ({
  date: "Fri, 27 Nov 2026 12:00:00 GMT",
  [`anthropic-ratelimit-${of}-limit`]: limit,
  [`anthropic-ratelimit-${of}-remaining`]: remaining,
  [`anthropic-ratelimit-${of}-reset`]: reset,
});

test.each([
  ["requests", messages("requests", "50", "0", "2026-11-27T12:01:00Z"), 1_200],
  ["tokens", messages("tokens", "30000", "0", "2026-11-27T12:00:40Z"), 2_000],
  ["some left", messages("tokens", "30000", "1000", "2026-11-27T12:00:40Z"), undefined],
  ["a time that has passed", messages("requests", "50", "0", "2026-11-27T11:00:00Z"), undefined],
  [
    "no clock to measure by",
    { ...messages("requests", "50", "0", "2026-11-27T12:01:00Z"), date: "" },
    undefined,
  ],
] as const)("of Messages' %s", (_what, headers, ms) => {
  expect(told("anthropic", headers)).toBe(ms);
});

test("a rate limit that names no wait is taken at its headers' word", () => {
  const headers = chat("60", "0", "1m0s");
  const failure = adapterFor("openai").readError({ status: 429, headers }, new Uint8Array());
  expect(failure).toMatchObject({ cause: "rate_limited", retryAfterMs: 1_000 });
  const named = { ...headers, "retry-after": "7" };
  expect(
    adapterFor("openai").readError({ status: 429, headers: named }, new Uint8Array()),
  ).toMatchObject({ retryAfterMs: 7_000 });
});

test("whatever the headers hold, a wait is positive and a day at most", () => {
  const anyText = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom("0", "1", "60", "1m0s", "999999999h", "1e999", "2026-11-27T12:01:00Z"),
  );
  fc.assert(
    fc.property(anyText, anyText, anyText, (limit, reset, date) => {
      for (const of of ["requests", "tokens"]) {
        const ms = told("openai", { ...chat(limit, "0", reset, of), date });
        if (ms === undefined) continue;
        expect(ms).toBeGreaterThan(0);
        expect(ms).toBeLessThanOrEqual(86_400_000);
        expect(Number.isInteger(ms)).toBe(true);
      }
    }),
  );
});
