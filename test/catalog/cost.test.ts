import fc from "fast-check";
import { expect, test } from "vitest";
import { bandAt, costOf, estimateCost } from "../../src/catalog/cost.ts";
import { catalogModels, findModel } from "../../src/catalog/models.ts";
import type { Usage } from "../../src/protocol/usage.ts";

const winter = Date.parse("2026-11-23T12:00:00Z");

function usageOf(tokens: Partial<Usage>): Usage {
  return {
    inputTokens: 0,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    estimated: false,
    ...tokens,
  };
}

function model(seller: string, id: string) {
  const found = findModel(seller, id);
  if (found === null) throw new Error(`${seller} sells no ${id}`);
  return found;
}

const dollars = (amount: number): number => Math.round(amount * 1e12);

test("a batch costs its share of the list price, rounded once; all of it where the seller names none", () => {
  const usage = usageOf({ inputTokens: 3, outputTokens: 1 });
  const cheap = model("openai", "gpt-5.4-mini");
  const list = costOf(cheap, usage, winter) ?? 0;
  expect(costOf(cheap, { ...usage, tier: "batch" }, winter)).toBe(list / 2);
  const prices = cheap.prices.map((table) => ({ ...table, batchShare: null }));
  expect(costOf({ prices }, { ...usage, tier: "batch" }, winter)).toBe(list);
});

test.each<[string, string, Partial<Usage>, number]>([
  ["anthropic", "claude-sonnet-5-5", { inputTokens: 1_000_000 }, dollars(2)],
  ["anthropic", "claude-sonnet-5-5", { outputTokens: 1_000_000 }, dollars(10)],
  [
    "anthropic",
    "claude-sonnet-5-5",
    { inputTokens: 1000, cachedReadTokens: 1000 },
    dollars(0.0001),
  ],
  [
    "anthropic",
    "claude-sonnet-5-5",
    { inputTokens: 1000, cachedWriteTokens: 1000 },
    dollars(0.0025),
  ],
  [
    "anthropic",
    "claude-sonnet-5-5",
    { inputTokens: 1000, cachedReadTokens: 300, cachedWriteTokens: 200, outputTokens: 10 },
    500 * 2_000_000 + 300 * 100_000 + 200 * 2_500_000 + 10 * 10_000_000,
  ],
  // A long prompt prices every token of the request, cached ones counted.
  ["anthropic", "claude-haiku-5-5", { inputTokens: 100_000 }, 100_000 * 100_000],
  ["anthropic", "claude-haiku-5-5", { inputTokens: 100_001 }, 100_001 * 500_000],
  [
    "anthropic",
    "claude-haiku-5-5",
    { inputTokens: 100_001, cachedReadTokens: 100_001, outputTokens: 1 },
    100_001 * 50_000 + 2_500_000,
  ],
  ["openai", "gpt-6-sol", { inputTokens: 272_000 }, 272_000 * 2_000_000],
  ["openai", "gpt-6-sol", { inputTokens: 272_001 }, 272_001 * 4_000_000],
  // This seller's band begins at the threshold itself.
  ["x-ai", "grok-4.6", { inputTokens: 199_999 }, 199_999 * 2_000_000],
  ["x-ai", "grok-4.6", { inputTokens: 200_000 }, 200_000 * 4_000_000],
  // Prices finer than a cent per million stay exact.
  ["alibaba", "qwen3.6-flash", { inputTokens: 3, cachedWriteTokens: 1 }, 2 * 187_500 + 234_375],
])("%s %s bills %j as it lists it", (seller, id, usage, picodollars) => {
  expect(costOf(model(seller, id), usageOf(usage), winter)).toBe(picodollars);
});

test.each([
  ["2026-11-30T23:59:59.999Z", 2_000_000],
  ["2026-12-01T00:00:00Z", 4_000_000],
])("a price that changes on a day changes at its first moment in UTC: %s", (time, input) => {
  expect(bandAt(model("google", "gemini-4-carbon"), 1, Date.parse(time))?.input).toBe(input);
});

test.each([
  ["Monday before the peak", "2026-11-23T00:59:59Z", 150_000],
  ["Monday in the peak", "2026-11-23T01:00:00Z", 300_000],
  ["Monday's last peak moment", "2026-11-23T03:59:59.999Z", 300_000],
  ["Monday between the peaks", "2026-11-23T04:00:00Z", 150_000],
  ["Monday in the second peak", "2026-11-23T09:30:00Z", 300_000],
  ["Saturday", "2026-11-21T02:00:00Z", 150_000],
  ["Sunday", "2026-11-22T02:00:00Z", 150_000],
])("a seller that prices by the clock is dearer in its peak: %s", (_, time, input) => {
  expect(bandAt(model("deepseek", "deepseek-flash"), 1, Date.parse(time))?.input).toBe(input);
});

const tokens = fc.nat({ max: 2_000_000 });
const usage = fc
  .record({
    plain: tokens,
    read: tokens,
    written: tokens,
    output: tokens,
    reasoning: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ plain, read, written, output, reasoning }) =>
    usageOf({
      inputTokens: plain + read + written,
      cachedReadTokens: read,
      cachedWriteTokens: written,
      outputTokens: output,
      reasoningTokens: Math.floor(output * reasoning),
    }),
  );
const anyModel = fc.constantFrom(...catalogModels);
const anyTime = fc.integer({ min: Date.parse("2026-01-01"), max: Date.parse("2028-01-01") });

test("the cost is the sum of its four parts, each at the price of the band", () => {
  fc.assert(
    fc.property(anyModel, usage, anyTime, (priced, used, atMs) => {
      const band = bandAt(priced, used.inputTokens, atMs)!;
      const plain = used.inputTokens - used.cachedReadTokens - used.cachedWriteTokens;
      expect(BigInt(costOf(priced, used, atMs)!)).toBe(
        BigInt(plain) * BigInt(band.input) +
          BigInt(used.cachedReadTokens) * BigInt(band.cachedRead) +
          BigInt(used.cachedWriteTokens) * BigInt(band.cachedWrite) +
          BigInt(used.outputTokens) * BigInt(band.output),
      );
    }),
  );
});

test("more tokens never cost less, across band edges too", () => {
  const more = fc.record({ plain: fc.nat({ max: 300_000 }), output: fc.nat({ max: 1000 }) });
  fc.assert(
    fc.property(anyModel, usage, more, anyTime, (priced, used, added, atMs) => {
      const larger = {
        ...used,
        inputTokens: used.inputTokens + added.plain,
        outputTokens: used.outputTokens + added.output,
      };
      expect(costOf(priced, larger, atMs)!).toBeGreaterThanOrEqual(costOf(priced, used, atMs)!);
    }),
    { numRuns: 1000 },
  );
});

test("reasoning tokens are part of the output and are never billed twice", () => {
  fc.assert(
    fc.property(anyModel, usage, (priced, used) => {
      expect(costOf(priced, { ...used, reasoningTokens: 0 }, winter)).toBe(
        costOf(priced, used, winter),
      );
    }),
  );
});

test("a provider that reports more cached tokens than input is not paid a negative amount", () => {
  const odd = usageOf({ inputTokens: 10, cachedReadTokens: 50 });
  expect(costOf(model("openai", "gpt-4o"), odd, winter)).toBe(50 * 1_250_000);
});

test("no known price is null, never 0, and a price not yet in force is none", () => {
  const band = { abovePromptTokens: 0, input: 1, output: 1, cachedRead: 1, cachedWrite: 1 };
  const later = { prices: [{ effectiveFrom: winter, bands: [band], batchShare: null }] };
  expect(costOf({ prices: [] }, usageOf({ inputTokens: 5 }), winter)).toBeNull();
  expect(costOf(later, usageOf({ inputTokens: 5 }), winter - 1)).toBeNull();
  expect(costOf(later, usageOf({ inputTokens: 5 }), winter)).toBe(5);
});

test("an estimate equals the bill of a request that cached nothing", () => {
  fc.assert(
    fc.property(anyModel, tokens, tokens, anyTime, (priced, prompt, output, atMs) => {
      expect(estimateCost(priced, prompt, output, atMs)).toBe(
        costOf(priced, usageOf({ inputTokens: prompt, outputTokens: output }), atMs),
      );
    }),
  );
});

test("an estimate without a ceiling counts the target's maximum, then what its context leaves, then nothing", () => {
  const prices = model("openai", "gpt-4o").prices;
  const at = (maxOutputTokens: number | null, contextTokens: number | null): number | null =>
    estimateCost({ prices, maxOutputTokens, contextTokens }, 1000, null, winter);
  expect(at(16_384, 128_000)).toBe(1000 * 2_500_000 + 16_384 * 10_000_000);
  expect(at(null, 128_000)).toBe(1000 * 2_500_000 + 127_000 * 10_000_000);
  expect(at(null, 500)).toBe(1000 * 2_500_000);
  expect(at(null, null)).toBeNull();
});
