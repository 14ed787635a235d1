import { expect, test } from "vitest";
import { createRandom, SeededRandom } from "../../src/base/random.ts";

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

test("a stream from three numbers is theirs alone, and as even as any other", () => {
  const random = new SeededRandom();
  const first = (...of: readonly [number, number, number]): number => random.from(...of).next();
  expect(first(1, 2, 3)).toBe(first(1, 2, 3));
  const near: readonly [number, number, number][] = [
    [1, 2, 3],
    [2, 1, 3],
    [1, 3, 2],
    [1.5, 2, 3],
    [4_294_967_297, 2, 3],
    [-1, 2, 3],
  ];
  expect(new Set(near.map((of) => first(...of))).size).toBe(near.length);
  const tenths = Array.from({ length: 10 }, () => 0);
  const pairs = Array.from({ length: 100 }, () => 0);
  for (let at = 0; at < 100_000; at += 1) {
    const one = Math.floor(10 * random.from(at, 0, 1).next());
    tenths[one]! += 1;
    // What one seed draws first says nothing of what the next one does.
    pairs[10 * one + Math.floor(10 * random.from(at + 1, 0, 1).next())]! += 1;
  }
  for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  for (const count of pairs) expect(Math.abs(count - 1_000)).toBeLessThan(170);
  expect(random.from(1, 1, 1).pick(["only"])).toBe("only");
  expect(random.from(1, 1, 1).integer(3)).toBeLessThan(3);
});
