import { expect, test } from "vitest";
import {
  ageOf,
  anyAnswer,
  clientWish,
  freshness,
  wordsOfWish,
} from "../../../src/runtime/cache/freshness.ts";

test.each([
  [undefined, anyAnswer],
  ["", anyAnswer],
  ["no-cache", { reads: false, keeps: true, maxAgeMs: null }],
  ["no-store", { reads: false, keeps: false, maxAgeMs: null }],
  ["No-Cache, max-age=0", { reads: false, keeps: true, maxAgeMs: 0 }],
  ["no-cache, no-store", { reads: false, keeps: false, maxAgeMs: null }],
  ['max-age="60"', { reads: true, keeps: true, maxAgeMs: 60_000 }],
  ["max-age=-1, max-age=x, max-age", anyAnswer],
  ["public, s-maxage=5, only-if-cached, no-transform", anyAnswer],
])("a client that says cache-control: %s wants %j", (header, wish) => {
  expect(clientWish(header)).toEqual(wish);
});

test.each([
  ["", null],
  ["no-cache", "no-cache"],
  ["No-Cache, max-age=0, x-mine", "no-cache"],
  ['public, max-age="60"', "max-age=60"],
  ["max-age=0", "max-age=0"],
  ["max-age=999999999999", "max-age=999999999999"],
  ["no-store, no-cache", null],
])("what %s wants is told as %s, and read again as the same", (header, words) => {
  const wish = clientWish(header);
  expect(wordsOfWish(wish)).toBe(words);
  if (words !== null) expect(wordsOfWish(clientWish(words))).toBe(words);
});

test.each([
  [0, null, "fresh"],
  [99, null, "fresh"],
  [100, null, "stale"],
  [149, null, "stale"],
  [150, null, "expired"],
  [50, 50, "fresh"],
  [51, 50, "expired"],
  [120, 130, "stale"],
] as const)(
  "after %i ms of 100 and 50 more, for a client that takes %s, it is %s",
  (age, maxAgeMs, state) => {
    expect(freshness(age, { forMs: 100, staleMs: 50 }, { maxAgeMs })).toBe(state);
  },
);

test.each([
  [100, 150, 50],
  [100, 100, 0],
  [100, -59_900, 0],
  [100, -59_901, Number.POSITIVE_INFINITY],
])("an answer of %i is, at %i, %d ms old", (storedAtMs, nowMs, ageMs) => {
  expect(ageOf(storedAtMs, nowMs)).toBe(ageMs);
});
