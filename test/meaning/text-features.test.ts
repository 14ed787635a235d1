import fc from "fast-check";
import { expect, test } from "vitest";
import { createFeatureHasher } from "../../src/meaning/text-features.ts";

const hasher = createFeatureHasher(1 << 12);

/** Buckets with their weights, in order. */
function featuresOf(text: string): [number, number][] {
  const { buckets, values, count } = hasher.featuresOf(text);
  const pairs = [...buckets.subarray(0, count)].map((bucket, at): [number, number] => [
    bucket,
    values[at] as number,
  ]);
  return pairs.sort(([a], [b]) => a - b);
}

test.each([
  ["case", "Reset My PIN", "reset my pin"],
  ["which digit it is", "order 4711", "order 9302"],
  ["blanks and signs between words", "reset, my -- pin!", "reset my pin"],
])("%s does not count", (_, a, b) => {
  expect(featuresOf(a)).toEqual(featuresOf(b));
});

test("the order of words does", () => {
  expect(featuresOf("card lost")).not.toEqual(featuresOf("lost card"));
});

test("of any text: buckets in range, each once, length 1, and the same the next time", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      const features = featuresOf(text);
      expect(new Set(features.map(([bucket]) => bucket)).size).toBe(features.length);
      for (const [bucket] of features) expect(bucket >= 0 && bucket < 1 << 12).toBe(true);
      expect(Math.hypot(...features.map(([, value]) => value))).toBeCloseTo(1, 4);
      hasher.featuresOf("something else");
      expect(featuresOf(text)).toEqual(features);
    }),
  );
});

test("a text has a bounded number of features", () => {
  const wide = createFeatureHasher(1 << 18);
  const words = Array.from({ length: 200_000 }, (_, at) => at.toString(36).replace(/\d/g, "q"));
  expect(wide.featuresOf(words.join(" ")).count).toBe(32_768);
});
