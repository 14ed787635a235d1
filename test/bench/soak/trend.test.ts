import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../../src/base/random.ts";
import { drawPlot } from "../../../src/bench/soak/plot.ts";
import { median, type Point, trendOf } from "../../../src/bench/soak/trend.ts";
import { readSvg } from "../../support/svg.ts";

const line = (count: number, valueAt: (hours: number, at: number) => number): Point[] =>
  Array.from({ length: count }, (_, at) => ({ hours: at / count, value: valueAt(at / count, at) }));

test("the slope of a line is found, whatever it begins at", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -50, max: 50, noNaN: true }),
      fc.double({ min: 0, max: 500, noNaN: true }),
      (perHour, base) => {
        const trend = trendOf(line(120, (hours) => base + perHour * hours));
        expect(trend?.perHour).toBeCloseTo(perHour, 6);
        expect(trend?.low).toBeCloseTo(perHour, 4);
      },
    ),
    { numRuns: 5 },
  );
});

test("spikes of garbage move neither slope nor its sign, and noise widens the interval around what is true", () => {
  const random = createRandom("noise");
  const noisy = line(
    720,
    (hours, at) => 200 + 3 * hours + random.next() * 8 + (at % 90 === 0 ? 90 : 0),
  );
  const trend = trendOf(noisy);
  expect(trend?.perHour).toBeGreaterThan(1);
  expect(trend?.perHour).toBeLessThan(5);
  expect(trend?.low).toBeLessThan(3);
  expect(trend?.high).toBeGreaterThan(3);
});

test("a few points say nothing", () => {
  expect(trendOf([])).toBeNull();
  expect(trendOf(line(5, () => 1))).toBeNull();
  expect(median([])).toBe(0);
  expect(median([3, 1, 2, 10])).toBe(2.5);
});

test("a plot is a well-formed picture with each series, its slope and the warm-up", () => {
  const points = line(60, (hours) => 200 + hours);
  const svg = drawPlot({
    ...{ title: "memory <& time>", warmUpHours: 0.1, hours: 1 },
    series: [
      { name: "RSS", colour: "#c33", points, trend: trendOf(points) },
      { name: "heap", colour: "#36c", points: [], trend: null },
    ],
  });
  expect(() => readSvg(svg)).not.toThrow();
  for (const part of [
    "RSS: +1.00 MiB/h",
    "heap: no slope",
    "warm-up",
    "memory &#60;&#38; time&#62;",
  ])
    expect(svg).toContain(part);
});
