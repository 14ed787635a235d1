import fc from "fast-check";
import { expect, test } from "vitest";
import { billedTier, tokenCount, usageOfCounts } from "../../src/protocol/usage.ts";

const anything = fc.oneof(fc.nat({ max: 1000 }), fc.double(), fc.anything());

test("parts never exceed their whole and nothing is negative, whatever a provider sends", () => {
  const counts = fc.record({
    ...{ input: anything, output: anything, cachedRead: anything, cachedWrite: anything },
    ...{ cachedWriteLong: anything, reasoning: anything, audioInput: anything },
    ...{ audioOutput: anything, tier: anything, region: anything },
  });
  fc.assert(
    fc.property(counts, (given) => {
      const usage = usageOfCounts(given);
      const { inputTokens, outputTokens, cachedReadTokens, cachedWriteTokens } = usage;
      expect(cachedReadTokens + cachedWriteTokens).toBeLessThanOrEqual(inputTokens);
      expect(usage.cachedWriteLongTokens ?? 0).toBeLessThanOrEqual(cachedWriteTokens);
      expect(usage.audioInputTokens ?? 0).toBeLessThanOrEqual(inputTokens);
      expect(usage.audioOutputTokens ?? 0).toBeLessThanOrEqual(outputTokens);
      expect(usage.reasoningTokens).toBeLessThanOrEqual(outputTokens);
      for (const value of Object.values(usage)) {
        if (typeof value === "number") expect(value >= 0 && Number.isSafeInteger(value)).toBe(true);
      }
    }),
  );
});

test.each([
  [12, 12],
  [12.9, 12],
  [-3, 0],
  [Number.NaN, 0],
  [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER],
  ["12", 0],
  [null, 0],
])("a count of %j is %d", (given, count) => {
  expect(tokenCount(given)).toBe(count);
});

test.each([
  ["flex", "flex"],
  ["FLEX", "flex"],
  ["priority", "priority"],
  ["batch", "batch"],
  ["default", null],
  ["auto", null],
  ["standard", null],
  ["on_demand", null],
  ["scale", null],
  [undefined, null],
  [7, null],
])("the tier %j is billed as %j", (word, tier) => {
  expect(billedTier(word)).toBe(tier);
});
