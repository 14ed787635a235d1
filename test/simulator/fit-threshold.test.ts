import fc from "fast-check";
import { expect, test } from "vitest";
import {
  fitThreshold,
  type ThresholdOp,
  type ThresholdRequest,
} from "../../src/simulator/fit-threshold.ts";

const home = { counts: true, cost: 1 };
const away = { counts: false, cost: 10 };

/** Requests that go away where their number passes the threshold. */
const requests = (values: readonly (number | null)[]): ThresholdRequest[] =>
  values.map((value) =>
    value === null ? { value, holds: home, fails: home } : { value, holds: away, fails: home },
  );

const holds: Readonly<Record<ThresholdOp, (value: number, threshold: number) => boolean>> = {
  "<": (value, threshold) => value < threshold,
  "<=": (value, threshold) => value <= threshold,
  ">": (value, threshold) => value > threshold,
  ">=": (value, threshold) => value >= threshold,
};

test("the threshold parts the log where the wanted share stays, by the shortest number that does", () => {
  const values = [0.11, 0.12, 0.13, 0.2, 0.31, 0.34, 0.6, 0.7, 0.8, 0.91];
  const fit = { op: ">", targetShare: 0.7, isWhole: false, present: 0.5 } as const;
  expect(fitThreshold(requests(values), fit)?.best).toEqual({
    threshold: 0.6,
    share: 0.7,
    cost: 37n,
  });
  expect(fitThreshold(requests(values), { ...fit, targetShare: 0.36 })?.best).toEqual({
    threshold: 0.3,
    share: 0.4,
    cost: 64n,
  });
  expect(fitThreshold(requests([null, null]), fit)).toBeNull();
});

test("of thresholds that come to the same the present one is kept, else one from the middle of the widest gap is taken", () => {
  const values = [100, 900, 1_000, 30_000, 31_000];
  const fit = { op: ">", targetShare: 0.6, isWhole: true } as const;
  const threshold = (present: number) =>
    fitThreshold(requests(values), { ...fit, present })?.best.threshold;
  expect(threshold(24_000)).toBe(24_000);
  expect(threshold(1_000)).toBe(1_000);
  expect(threshold(999)).toBe(20_000);
  // One that stays whatever its number is parts nothing.
  const parted = requests(values).map((each) =>
    each.value === 900 ? { ...each, holds: home } : each,
  );
  const best = (present: number) =>
    fitThreshold(parted, { ...fit, targetShare: 0.4, present })?.best.threshold;
  expect(best(950)).toBe(950);
  expect(best(5)).toBe(600);
});

test("of thresholds with one share the cheapest is taken", () => {
  const log = [
    { value: 0.2, holds: { counts: false, cost: 5 }, fails: { counts: false, cost: 1 } },
    { value: 0.8, holds: away, fails: home },
  ];
  const fit = { op: ">", targetShare: 0, isWhole: false, present: 0.1 } as const;
  expect(fitThreshold(log, fit)?.best).toEqual({ threshold: 0.5, share: 0, cost: 11n });
});

test.each([
  ["a share within reach", 0.6, true],
  ["a share a little off", 0.595, true],
  ["a share between two requests", 0.5, true],
  ["more than any gives", 0.95, false],
  ["less than any gives", 0.01, false],
])("%s is told by what was reached", (_, targetShare, reached) => {
  const log = [...requests([0.1, 0.2, 0.3]), { value: 0.9, holds: away, fails: away }];
  const five = [...log, { value: 0.1, holds: home, fails: home }];
  const fit = { op: ">", isWhole: false, present: 0.5 } as const;
  const fitted = fitThreshold(five, { ...fit, targetShare });
  expect(fitted).toMatchObject({ reached, least: 0.2, most: 0.8 });
});

test("whatever the log, a point's share and cost are those that its threshold gives, and none is nearer to what is wanted", () => {
  const value = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 20 }));
  const side = fc.record({ counts: fc.boolean(), cost: fc.integer({ min: 0, max: 9 }) });
  const request = fc.record({ value, holds: side, fails: side }).map((each) => {
    return each.value === null ? { ...each, holds: each.fails } : each;
  });
  fc.assert(
    fc.property(
      fc.array(request, { minLength: 1, maxLength: 30 }),
      fc.constantFrom<ThresholdOp>("<", "<=", ">", ">="),
      fc.boolean(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (given, op, isWhole, targetShare) => {
        const scale = isWhole ? 1 : 1 / 20;
        const log = given.map((each) => ({
          ...each,
          value: each.value === null ? null : each.value * scale,
        }));
        const fitted = fitThreshold(log, { op, targetShare, isWhole, present: 3 * scale });
        if (log.every((each) => each.value === null)) {
          expect(fitted).toBeNull();
          return;
        }
        const at = (threshold: number) => {
          const taken = log.map((each) => {
            const isHeld = each.value !== null && holds[op](each.value, threshold);
            return isHeld ? each.holds : each.fails;
          });
          return {
            share: taken.filter(({ counts }) => counts).length / log.length,
            cost: BigInt(taken.reduce((sum, { cost }) => sum + cost, 0)),
          };
        };
        const { best, curve } = fitted ?? { best: null, curve: [] };
        for (const point of [...curve, ...(best === null ? [] : [best])]) {
          expect(point).toEqual({ threshold: point.threshold, ...at(point.threshold) });
          if (isWhole) expect(Number.isInteger(point.threshold)).toBe(true);
        }
        for (let step = 0; step <= 20; step += 1) {
          const { share } = at(step * scale);
          const nearest = Math.abs((best?.share ?? 0) - targetShare);
          expect(nearest).toBeLessThanOrEqual(Math.abs(share - targetShare) + 1e-12);
        }
      },
    ),
  );
});
