import { expect, test } from "vitest";
import { createRandom } from "../../src/base/random.ts";
import { fitTemperature, fitThreshold, type Scored } from "../../src/training/calibrate.ts";
import { shuffled, splitByLabel } from "../../src/training/split.ts";

/** Texts of two classes, right so often, with scores that claim `claimed`. */
function scoredTexts(count: number, rightShare: number, claimed: number): Scored[] {
  const random = createRandom("scored");
  const margin = Math.log(claimed / (1 - claimed));
  return Array.from({ length: count }, () => ({
    scores: Float64Array.of(margin, 0),
    label: random.next() < rightShare ? 0 : 1,
  }));
}

test.each([
  ["too sure", 0.99, (value: number) => value > 1.5],
  ["too modest", 0.6, (value: number) => value < 0.8],
  ["as sure as it is right", 0.8, (value: number) => Math.abs(value - 1) < 0.15],
])("of a model that is right in 80 %% and %s, the temperature mends it", (_, claimed, fits) => {
  expect(fits(fitTemperature(scoredTexts(4_000, 0.8, claimed)))).toBe(true);
});

test("without held-out texts nothing is changed", () => {
  expect(fitTemperature([])).toBe(1);
  expect(fitThreshold([], 1, 0.05)).toBe(0);
});

test("the threshold gives up no more than the wanted share of what is right, and does not look at the rest", () => {
  const right = Array.from({ length: 100 }, (_, at) => ({
    scores: Float64Array.of(at / 20, 0),
    label: 0,
  }));
  const wrong = Array.from({ length: 50 }, () => ({ scores: Float64Array.of(9, 0), label: 1 }));
  const threshold = fitThreshold([...right, ...wrong], 1, 0.1);
  const sure = ({ scores }: Scored): number => 1 / (1 + Math.exp(-(scores[0] as number)));
  const givenUp = right.filter((each) => sure(each) < threshold).length;
  expect(givenUp).toBeGreaterThan(7);
  expect(givenUp).toBeLessThanOrEqual(10);
});

test("a split holds out its share of every label, halves it, and has each text once", () => {
  const rows = ["a", "b", "c"].flatMap((label) =>
    Array.from({ length: 20 }, (_, at) => ({ text: `${label} ${at % 10}`, label })),
  );
  const { train, calibrate, measure } = splitByLabel(rows, 0.2, 7);
  const all = [...train, ...calibrate, ...measure].map(({ text }) => text);
  expect(all.sort()).toEqual([...new Set(rows.map(({ text }) => text))].sort());
  expect([train.length, calibrate.length, measure.length]).toEqual([24, 3, 3]);
  expect(splitByLabel(rows, 0.2, 7)).toEqual({ train, calibrate, measure });
});

test("a label of two texts has one to train with", () => {
  const rows = ["x", "y"].map((text) => ({ text, label: "rare" }));
  const { train, calibrate, measure } = splitByLabel(rows, 0.9, 1);
  expect(train).toHaveLength(1);
  expect(calibrate.length + measure.length).toBe(1);
});

test("an order of the seed's has all items", () => {
  const items = Array.from({ length: 50 }, (_, at) => at);
  expect(shuffled(items, 1)).not.toEqual(items);
  expect([...shuffled(items, 1)].sort((a, b) => a - b)).toEqual(items);
});
