import fc from "fast-check";
import { expect, test } from "vitest";
import { leastCount } from "../../../src/simulator/economics/least-count.ts";

const measured: number[] = [];
const search = (least: number, most: number) => {
  measured.length = 0;
  return leastCount({
    most,
    async measure(counts) {
      measured.push(...counts);
      return counts.map((count) => count >= least);
    },
    isEnough: (figure) => figure,
  });
};

test("the least count that is enough is found, in few measurements, each count once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 300 }),
      async (least, most) => {
        const found = await search(least, most);
        expect(found.least).toBe(least <= most ? least : null);
        expect(new Set(measured).size).toBe(measured.length);
        expect(measured.length).toBeLessThan(24);
        expect(Math.max(...measured)).toBeLessThanOrEqual(most);
        const counts = found.tried.map(({ count }) => count);
        expect(counts).toEqual(counts.toSorted((a, b) => a - b));
      },
    ),
  );
});

test("a count that is enough comes with proof: the one below it was measured, and is not", async () => {
  for (const least of [1, 2, 3, 7, 20, 33]) {
    const { tried } = await search(least, 256);
    const figures = new Map(tried.map(({ count, figure }) => [count, figure]));
    expect(figures.get(least)).toBe(true);
    if (least > 1) expect(figures.get(least - 1)).toBe(false);
  }
});
