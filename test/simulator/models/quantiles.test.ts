import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../../src/base/random.ts";
import {
  levels,
  meanOf,
  quantileAt,
  quantilesOf,
  shareBelow,
} from "../../../src/simulator/models/quantiles.ts";
import { Reservoir } from "../../../src/simulator/models/reservoir.ts";
import { likelyEnd, survivalOf } from "../../../src/simulator/models/survival.ts";

const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), {
  minLength: 1,
  maxLength: 200,
});

test("a distribution of whatever values rises from the least to no more than the greatest", () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
      const quantiles = quantilesOf(given);
      expect([1, levels.length]).toContain(quantiles.length);
      for (const [at, value] of quantiles.entries())
        expect(value).toBeGreaterThanOrEqual(quantiles[at - 1] ?? 0);
      expect(quantiles[0]).toBe(Math.min(...given));
      expect(quantiles.at(-1)).toBeLessThanOrEqual(Math.max(...given));
      const value = quantileAt(quantiles, share);
      expect(value).toBeGreaterThanOrEqual(Math.min(...given));
      expect(value).toBeLessThanOrEqual(Math.max(...given) + 1e-6);
    }),
  );
});

test("a distribution keeps the quantiles and the mean of what it was made of, with long tails too", () => {
  const random = createRandom("tails");
  const given = Array.from({ length: 20_000 }, () => 1 / (1 - random.next()) ** 0.4);
  const quantiles = quantilesOf(given);
  const rising = given.toSorted((one, other) => one - other);
  for (const share of [0.02, 0.1, 0.5, 0.77, 0.95, 0.985, 0.99]) {
    const wanted = rising[Math.floor(share * rising.length)]!;
    expect(Math.abs(quantileAt(quantiles, share) / wanted - 1), `${share}`).toBeLessThan(
      share > 0.98 ? 0.04 : 0.02,
    );
    expect(shareBelow(quantiles, wanted)).toBeCloseTo(share, 2);
  }
  const mean = given.reduce((sum, each) => sum + each, 0) / given.length;
  expect(Math.abs(meanOf(quantiles) / mean - 1)).toBeLessThan(0.02);
});

test("times that were cut off are longer, and where all after the last seen one were, so many have no end", () => {
  const seen = (value: number) => ({ value, end: "seen" }) as const;
  const cut = (value: number) => ({ value, end: "cut" }) as const;
  // Of four one was cut at 2: the two that are longer stand for it.
  const some = survivalOf([seen(1), cut(2), seen(3), seen(4)])!;
  expect(some.beyond).toBe(0);
  expect(quantileAt(some.quantiles, 0.25)).toBeGreaterThan(1);
  expect(likelyEnd(some, 2)).toBeGreaterThan(2.9);
  const end = survivalOf([seen(1), seen(2), seen(3), cut(3)])!;
  expect(end.beyond).toBeCloseTo(0.25);
  expect(end.quantiles.at(-1)).toBe(3);
  expect(likelyEnd(end, 3)).toBe(3.75);
  expect(survivalOf([cut(1), cut(2)])).toBeNull();
  expect(survivalOf([seen(1), { value: 5, end: "left" }])).toMatchObject({ beyond: 0 });
});

test("a reservoir keeps an even sample of any length, the same each time", () => {
  const fill = (): Reservoir => {
    const reservoir = new Reservoir(2, 500, "seed");
    for (let at = 0; at < 50_000; at += 1) reservoir.add(at, -at);
    return reservoir;
  };
  const rows = fill().rows();
  expect(rows).toHaveLength(500);
  expect(rows).toEqual(fill().rows());
  for (const [one = 0, other] of rows) expect(other).toBe(-one);
  const mean = rows.reduce((sum, [one = 0]) => sum + one, 0) / 500;
  expect(Math.abs(mean - 25_000)).toBeLessThan(2_600);
  const few = new Reservoir(2, 500, "seed");
  few.add(1, 2);
  expect(few.rows()).toEqual([Float64Array.of(1, 2)]);
});
