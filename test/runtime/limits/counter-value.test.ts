import fc from "fast-check";
import { expect, test } from "vitest";
import {
  counterValue,
  sharedValue,
  unknownValue,
} from "../../../src/runtime/limits/counter-value.ts";

test.each([
  ["a name", "north", "north"],
  ["nothing at all", "", ""],
  ["a number", 7, "7"],
  ["what is unknown", undefined, unknownValue],
])("the value of a counter of %s", (_, value, text) => {
  expect(counterValue(value)).toBe(text);
});

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.constantFrom(unknownValue, sharedValue, "\ud800", "\ud801", "\n", "x".repeat(129)),
);

test("values are of bounded length, and no two texts have the same, whatever a client writes", () => {
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      const [first, second] = [counterValue(one), counterValue(other)];
      expect(first.length).toBeLessThanOrEqual(128);
      expect(first === second).toBe(one === other);
      // Nor is it the value of what stands for something else, or of a text that is written like it.
      expect([unknownValue, sharedValue]).not.toContain(first);
      expect(counterValue(first) === first).toBe(first === one);
    }),
  );
});
