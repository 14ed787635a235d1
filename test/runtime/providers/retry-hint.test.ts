import { expect, test } from "vitest";
import { longestHintMs, retryHintMs } from "../../../src/runtime/providers/retry-hint.ts";
import { head } from "./support.ts";

const date = "Wed, 21 Oct 2026 07:28:00 GMT";

test.each<[string, Record<string, string>, string, number | undefined]>([
  ["seconds", { "retry-after": "7" }, "", 7000],
  ["decimal seconds", { "retry-after": "1.5" }, "", 1500],
  ["milliseconds win", { "retry-after-ms": "250.4", "retry-after": "9" }, "", 250],
  ["garbage milliseconds fall back", { "retry-after-ms": "soon", "retry-after": "9" }, "", 9000],
  [
    "a date against the answer's own clock",
    { "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", date },
    "",
    30_000,
  ],
  ["a date in the past", { "retry-after": "Wed, 21 Oct 2026 07:27:00 GMT", date }, "", 0],
  ["a date without a clock to hold it against", { "retry-after": date }, "", undefined],
  ["negative seconds", { "retry-after": "-5" }, "", 0],
  ["NaN", { "retry-after": "NaN" }, "", undefined],
  ["Infinity", { "retry-after": "Infinity" }, "", undefined],
  ["ten years", { "retry-after": "315360000" }, "", longestHintMs],
  [
    "ten years as a date",
    { "retry-after": "Wed, 21 Oct 2036 07:28:00 GMT", date },
    "",
    longestHintMs,
  ],
  ["zero", { "retry-after": "0" }, "", 0],
  ["empty", { "retry-after": "" }, "", undefined],
  ["hexadecimal", { "retry-after": "0x10" }, "", undefined],
  ["words", {}, "Rate limit reached. Please try again in 6.2s. Visit", 6200],
  ["words in ms", {}, "try again in 120ms", 120],
  ["words in hours", {}, "Please retry in 10h17m", 37_020_000],
  ["words in full", {}, "Try again in 20 seconds", 20_000],
  ["a retryDelay", {}, '{"error":{"details":[{"retryDelay":"46s"}]}}', 46_000],
  ["a header before words", { "retry-after": "1" }, "try again in 20s", 1000],
  ["nothing", {}, "nothing here", undefined],
])("%s", (_name, headers, text, expected) => {
  expect(retryHintMs(head(headers, 429), text)).toBe(expected);
});

test("no hint is ever too long for a timer", () => {
  expect(longestHintMs).toBeLessThan(2 ** 31);
});
