import { expect, test } from "vitest";
import { type Cause, causeWords, retryableCauses } from "../../src/protocol/cause.ts";

const all = [...retryableCauses];

test.each<[string, readonly Cause[], string]>([
  ["some causes", ["rate_limited", "overloaded"], "rate_limited or overloaded"],
  ["every retryable one", all, "retryable"],
  ["these and one more", [...all, "bad_output"], "retryable or bad_output"],
  ["all but one and another", [...all.slice(1), "auth"], [...all.slice(1), "auth"].join(" or ")],
])("%s are told as a policy writes them", (_, on, words) => {
  expect(causeWords(on)).toBe(words);
});
