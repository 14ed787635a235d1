import fc from "fast-check";
import { expect, test } from "vitest";
import { LatencyHistogram } from "../../src/simulator/latency-histogram.ts";

test("a quantile is within 1.1 % of the exact one, whatever the durations", () => {
  const duration = fc.double({ min: 0.002, max: 1e7, noNaN: true });
  const share = fc.double({ min: 0.001, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(duration, { minLength: 1, maxLength: 200 }), share, (durations, at) => {
      const histogram = new LatencyHistogram();
      for (const each of durations) histogram.add(each);
      const exact = durations.toSorted((a, b) => a - b)[Math.ceil(durations.length * at) - 1]!;
      expect(Math.abs(histogram.quantile(at)! / exact - 1)).toBeLessThan(0.011);
    }),
  );
});

test("nothing counted has no quantile, and what is out of range counts at its ends", () => {
  expect(new LatencyHistogram().quantile(0.5)).toBeNull();
  const histogram = new LatencyHistogram();
  histogram.add(0);
  expect(histogram.quantile(0.5)).toBeLessThan(0.002);
});
