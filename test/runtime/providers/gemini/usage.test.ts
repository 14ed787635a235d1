import fc from "fast-check";
import { expect, test } from "vitest";
import { tierOf, usageOf } from "../../../../src/runtime/providers/gemini/usage.ts";

test.each<[string, object, object]>([
  [
    "prompt, cache, tools and thinking",
    {
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      toolUsePromptTokenCount: 7,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 30,
      totalTokenCount: 142,
    },
    { inputTokens: 107, cachedReadTokens: 40, outputTokens: 35, reasoningTokens: 30 },
  ],
  [
    "thinking that the candidates hold already, by the total",
    { promptTokenCount: 10, candidatesTokenCount: 35, thoughtsTokenCount: 30, totalTokenCount: 45 },
    { inputTokens: 10, outputTokens: 35, reasoningTokens: 30 },
  ],
  [
    "no candidates yet",
    { promptTokenCount: 10, thoughtsTokenCount: 30, totalTokenCount: 40 },
    { inputTokens: 10, outputTokens: 30, reasoningTokens: 30 },
  ],
  [
    "candidates left out, told by the total",
    { promptTokenCount: 10, totalTokenCount: 17 },
    { inputTokens: 10, outputTokens: 7, reasoningTokens: 0 },
  ],
  [
    "no total",
    { promptTokenCount: 10, candidatesTokenCount: 2, thoughtsTokenCount: 3 },
    { inputTokens: 10, outputTokens: 5, reasoningTokens: 3 },
  ],
  [
    "a prompt from the cache that says too much",
    { promptTokenCount: 10, cachedContentTokenCount: 11, totalTokenCount: 10 },
    { inputTokens: 10, cachedReadTokens: 10, outputTokens: 0 },
  ],
])("usage: %s", (_name, counts, usage) => {
  expect(usageOf(counts as Record<string, unknown>)).toMatchObject(usage);
});

test("nothing counted is no usage", () => {
  expect(usageOf({ serviceTier: "flex" })).toBeNull();
});

test("parts are never more than their whole, whatever the counts", () => {
  const count = fc.option(fc.oneof(fc.nat(1000), fc.constant(-1), fc.constant("x")), {
    nil: undefined,
  });
  const counts = fc.record({
    promptTokenCount: fc.nat(1000),
    cachedContentTokenCount: count,
    toolUsePromptTokenCount: count,
    candidatesTokenCount: count,
    thoughtsTokenCount: count,
    totalTokenCount: count,
  });
  fc.assert(
    fc.property(counts, (some) => {
      const usage = usageOf(some)!;
      expect(usage.cachedReadTokens).toBeLessThanOrEqual(usage.inputTokens);
      expect(usage.reasoningTokens).toBeLessThanOrEqual(usage.outputTokens);
      expect(
        Math.min(usage.inputTokens, usage.outputTokens, usage.cachedReadTokens),
      ).toBeGreaterThanOrEqual(0);
    }),
  );
});

test.each([
  ["standard", "default"],
  ["FLEX", "flex"],
  ["priority", "priority"],
  ["new", "new"],
  [undefined, null],
])("the tier %s is billed as %s", (serviceTier, tier) => {
  expect(tierOf({ serviceTier })).toBe(tier);
});

test("sound is told apart, so that it is priced as such", () => {
  const counts = {
    promptTokenCount: 100,
    candidatesTokenCount: 20,
    totalTokenCount: 120,
    promptTokensDetails: [
      { modality: "AUDIO", tokenCount: 90 },
      { modality: "TEXT", tokenCount: 10 },
    ],
    candidatesTokensDetails: [{ modality: "AUDIO", tokenCount: 5 }],
  };
  expect(usageOf(counts)).toMatchObject({ audioInputTokens: 90, audioOutputTokens: 5 });
});
