import { describe, expect, test } from "vitest";
import type { Cause } from "../../../../src/protocol/cause.ts";
import {
  failureInside,
  readGeminiError,
} from "../../../../src/runtime/providers/gemini/read-error.ts";
import { geminiWire } from "../../../../src/stand-in/gemini-wire.ts";
import { type StandInFailure, standInFailures } from "../../../../src/stand-in/speed.ts";
import { head } from "../support.ts";

const errorOf = (code: number, status: string, message = "m", details?: readonly object[]) => ({
  error: { code, message, status, details },
});
const quota = (quotaId: string) => ({
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [{ quotaId }],
});
const retry = (retryDelay: string) => ({
  "@type": "type.googleapis.com/google.rpc.RetryInfo",
  retryDelay,
});
const read = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  readGeminiError(head(headers, status), new TextEncoder().encode(JSON.stringify(body, null, 2)));
const tooLong =
  "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).";

describe("an error answer", () => {
  test.each<[number, string, string, Cause, boolean]>([
    [400, "INVALID_ARGUMENT", "m", "bad_request", false],
    [400, "INVALID_ARGUMENT", tooLong, "context_exceeded", false],
    [400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "auth", false],
    [400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", "auth", false],
    [
      400,
      "FAILED_PRECONDITION",
      "User location is not supported for the API use.",
      "unavailable",
      false,
    ],
    [
      400,
      "FAILED_PRECONDITION",
      "Gemini API free tier is not available in your country.",
      "auth",
      false,
    ],
    [400, "FAILED_PRECONDITION", "m", "bad_request", false],
    [400, "OUT_OF_RANGE", "m", "bad_request", false],
    [401, "UNAUTHENTICATED", "m", "auth", false],
    [402, "", "m", "auth", false],
    [403, "PERMISSION_DENIED", "m", "auth", false],
    [404, "NOT_FOUND", "models/x is not found for API version v1beta", "unavailable", false],
    [409, "ABORTED", "m", "server_error", true],
    [429, "RESOURCE_EXHAUSTED", "m", "rate_limited", true],
    [499, "CANCELLED", "m", "network", true],
    [500, "INTERNAL", "m", "server_error", true],
    [500, "UNKNOWN", "m", "server_error", true],
    [500, "DATA_LOSS", "m", "server_error", true],
    [501, "UNIMPLEMENTED", "m", "bad_request", false],
    [503, "UNAVAILABLE", "m", "overloaded", true],
    [504, "DEADLINE_EXCEEDED", "m", "timeout", true],
  ])("%i %s (%s) is %s", (code, status, ...[message, cause, retrySame]) => {
    const body = errorOf(code, status, message);
    expect(read(code, body)).toMatchObject({ cause, retrySame, status: code });
    expect(read(code, [body])).toMatchObject({ cause, retrySame });
    expect(failureInside(body)).toMatchObject({ cause, retrySame });
    expect(failureInside([body])).toMatchObject({ cause, retrySame });
  });

  test.each<[string, readonly object[], string, number | undefined, boolean]>([
    ["a delay", [retry("46s")], "m", 46_000, true],
    ["a delay with decimals", [retry("34.074824224s")], "m", 34_075, true],
    ["a delay behind much else", [{ about: "x".repeat(5000) }, retry("2s")], "m", 2000, true],
    ["words", [], "Please retry in 10h17m5.7s.", 37_025_700, true],
    ["nothing", [], "m", undefined, true],
    ["nonsense", [retry("soon")], "m", undefined, true],
    [
      "a quota of a minute",
      [quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"), retry("7s")],
      "m",
      7000,
      true,
    ],
    [
      "a quota of a day, whatever the delay says",
      [quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), retry("7s")],
      "m",
      3_600_000,
      false,
    ],
    [
      "a quota of a day that says when",
      [quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier")],
      "Please retry in 10h17m5.7s.",
      37_025_700,
      false,
    ],
    ["no quota at all", [retry("7s")], "Quota exceeded for metric: m, limit: 0", 3_600_000, false],
  ])("says how long to wait: %s", (_name, details, ...[message, retryAfterMs, retrySame]) => {
    const failure = read(429, errorOf(429, "RESOURCE_EXHAUSTED", message, details));
    expect([failure.retryAfterMs, failure.retrySame]).toEqual([retryAfterMs, retrySame]);
    const inside = failureInside(errorOf(429, "RESOURCE_EXHAUSTED", message, details));
    expect([inside?.retryAfterMs, inside?.retrySame]).toEqual([retryAfterMs, retrySame]);
  });

  test("a header goes before what the body says", () => {
    const body = errorOf(429, "RESOURCE_EXHAUSTED", "m", [retry("46s")]);
    expect(read(429, body, { "retry-after": "3" }).retryAfterMs).toBe(3000);
  });

  test.each(standInFailures.filter((one) => !/cut_stream|network|filtered/.test(one)))(
    "of a stand-in is what it stands for: %s",
    (failure: StandInFailure) => {
      const { status, body } = geminiWire.error(failure);
      const told: Record<string, string> = { billing: "auth", overloaded_in_stream: "overloaded" };
      expect(readGeminiError(head({}, status), new TextEncoder().encode(body)).cause).toBe(
        told[failure] ?? failure,
      );
    },
  );
});

test("an answer holds no failure", () => {
  expect(failureInside({ candidates: [] })).toBeNull();
  expect(failureInside([])).toBeNull();
  expect(failureInside(undefined)).toBeNull();
});
