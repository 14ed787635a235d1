import { expect, test } from "vitest";
import { createRandom } from "../../src/base/random.ts";

const take = (seed: number | string, count: number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

test("one seed gives one stream, and another seed another", () => {
  expect(take(7, 50)).toEqual(take(7, 50));
  expect(take(7, 50)).toEqual(take("7", 50));
  expect(take(7, 3)).not.toEqual(take(8, 3));
  expect(take("run", 3)).not.toEqual(take("rum", 3));
});

test("a stream stays what it was in earlier releases, so that old simulations can be repeated", () => {
  const random = createRandom(1);
  expect([0, 0, 0, 0].map(() => random.integer(1_000_000))).toEqual([
    549_512, 774_329, 989_949, 173_927,
  ]);
});

test("200,000 numbers are even over 20 bins, and follow one another without correlation", () => {
  const numbers = take(42, 200_000);
  const bins = new Uint32Array(20);
  let product = 0;
  numbers.forEach((value, i) => {
    bins[Math.floor(value * 20)]! += 1;
    if (i > 0) product += (value - 0.5) * (numbers[i - 1]! - 0.5);
  });
  const chi = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  expect(Math.abs(chi - 19)).toBeLessThan(5 * Math.sqrt(2 * 19));
  expect(Math.abs(product / 200_000)).toBeLessThan((5 * (1 / 12)) / Math.sqrt(200_000));
});

test("a pick is one of the items, and nothing of an empty list", () => {
  const random = createRandom("pick");
  const seen = new Set(Array.from({ length: 100 }, () => random.pick(["a", "b", "c"])));
  expect([...seen].sort()).toEqual(["a", "b", "c"]);
  expect(random.pick([])).toBeUndefined();
});
