import fc from "fast-check";
import { expect, test } from "vitest";
import { SpreadCounts } from "../../src/simulator/spread-counts.ts";

test("quantiles are within 1.1 % of the exact ones, whatever the values", () => {
  const value = fc.double({ min: 0.002, max: 1e7, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      const counts = new SpreadCounts();
      for (const each of values) counts.add(each);
      const sorted = values.toSorted((a, b) => a - b);
      const { requests, p50, p95, p99 } = counts.spread()!;
      expect(requests).toBe(values.length);
      for (const [share, told] of [
        [0.5, p50],
        [0.95, p95],
        [0.99, p99],
      ] as const) {
        const exact = sorted[Math.ceil(values.length * share) - 1]!;
        expect(Math.abs(told / exact - 1)).toBeLessThan(0.011);
      }
    }),
  );
});

test.each([0, 0.1, 499.5, 500, 1_000, 5_000, 12_345, 1e9])(
  "many requests with the same value, %d, are told with that one",
  (value) => {
    const counts = new SpreadCounts();
    for (let at = 0; at < 990; at += 1) counts.add(value);
    for (let at = 0; at < 10; at += 1) counts.add(2 * value + 1);
    expect(counts.spread()).toEqual({ requests: 1_000, p50: value, p95: value, p99: value });
  },
);

test("nothing counted has no quantile", () => {
  expect(new SpreadCounts().spread()).toBeNull();
});
