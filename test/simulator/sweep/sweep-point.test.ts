import fc from "fast-check";
import { expect, test } from "vitest";
import { printSweep } from "../../../src/simulator/sweep/print-sweep.ts";
import {
  aimsOf,
  frontOf,
  pointOf,
  type SweepPoint,
} from "../../../src/simulator/sweep/sweep-point.ts";
import { configuration, recordOf, run, used } from "../../support/simulation.ts";

const point = (value: number, more: Partial<SweepPoint>): SweepPoint => ({
  ...{ value, requests: 10, cost: 1, localShare: 0.5, p50: 100, p95: 200 },
  ...{ failed: 0, limited: 0, quality: null, targets: [] },
  ...more,
});

test("points that another is as good as in everything, and better than in one thing, are off the front", () => {
  const points = [
    point(1, { cost: 3, p95: 100 }),
    point(2, { cost: 2, p95: 200 }),
    point(3, { cost: 2, p95: 250 }),
    point(4, { cost: 1, p95: 900, failed: 1 }),
    point(5, { cost: 1, p95: 900, failed: 1, limited: 1 }),
  ];
  const aims = aimsOf(points);
  expect(aims).toEqual(["cost", "p95", "refused"]);
  expect(frontOf(points, aims)).toEqual([true, true, false, true, false]);
});

test("without a replay, times are no aim: a log tells only of requests that stay where they went", () => {
  const told = [point(1, { failed: null, limited: null })];
  expect(aimsOf(told)).toEqual(["cost"]);
  expect(frontOf(told, aimsOf(told))).toEqual([false]);
  const judged = [
    point(1, { failed: null, limited: null, quality: 0.9, cost: 2 }),
    point(2, { failed: null, limited: null, quality: 0.8 }),
    point(3, { failed: null, limited: null, quality: 0.8, cost: 3 }),
  ];
  expect(aimsOf(judged)).toEqual(["cost", "quality"]);
  expect(frontOf(judged, aimsOf(judged))).toEqual([true, true, false]);
});

test("each point is on the front, or a point of the front is better", () => {
  const figure = fc.integer({ min: 0, max: 5 });
  const points = fc.array(
    fc
      .record({ cost: figure, p95: figure, failed: figure, limited: figure })
      .map((figures) => point(0, figures)),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(points, (all) => {
      const front = frontOf(all, aimsOf(all));
      expect(front).toContain(true);
      const figures = ({ cost, p95, failed, limited }: SweepPoint): number[] => [
        ...[cost, p95 ?? 0],
        (failed ?? 0) + (limited ?? 0),
      ];
      const best = all.filter((_, index) => front[index]);
      for (const each of all)
        expect(
          best.some((other) =>
            figures(other).every((value, index) => value <= (figures(each)[index] ?? 0)),
          ),
        ).toBe(true);
    }),
  );
});

test("a report of decisions becomes a point: cost, share at home, quality of where requests go", async () => {
  const report = await run(
    [
      recordOf({ tokens: 100 }, used("claude", 100, 10)),
      recordOf({ tokens: 300 }, used("claude", 300, 10)),
      recordOf({ tokens: 900 }, used("claude", 900, 10)),
      recordOf({ tokens: 20 }, used("claude", 20, 10)),
    ],
    "if tokens < 200 then local-gpu else claude",
  );
  const made = pointOf(200, report, (name) => configuration.targets.get(name));
  expect(made).toMatchObject({ value: 200, requests: 4, localShare: 0.5, failed: null });
  expect(made.p50).toBeCloseTo(1_000, -2);
  expect(made.quality).toBeCloseTo((2 * 0.62 + 2 * 0.9) / 4);
  const text = printSweep({
    of: "tokens <",
    aims: [],
    points: [{ ...made, front: false, now: false }],
  });
  expect(text).toContain("50.0 %");
  expect(text).not.toContain("failed");
});
