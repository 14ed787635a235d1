import fc from "fast-check";
import { expect, test } from "vitest";
import { bandAt, costOf, estimateCost, type Priced } from "../../src/catalog/cost.ts";
import { catalogModels, findModel } from "../../src/catalog/models.ts";
import { runningCostOf } from "../../src/catalog/running-cost.ts";
import type { PriceTable, RunningCost } from "../../src/catalog/target.ts";
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

test("a batch costs its share of the list price, rounded once; nobody knows where the seller names none", () => {
  const usage = usageOf({ inputTokens: 3, outputTokens: 1 });
  const cheap = model("openai", "gpt-5.4-mini");
  const list = costOf(cheap, usage, winter) ?? 0;
  expect(costOf(cheap, { ...usage, tier: "batch" }, winter)).toBe(list / 2);
  const prices = cheap.prices.map((table) => ({ ...table, batchShare: null }));
  expect(costOf({ prices }, { ...usage, tier: "batch" }, winter)).toBeNull();
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
          BigInt(used.outputTokens) *
            BigInt((used.reasoningTokens > 0 ? band.reasonedOutput : undefined) ?? band.output),
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
  const oneOutputPrice = catalogModels.filter(({ prices }) =>
    prices.every(({ bands }) => bands.every((band) => band.reasonedOutput === undefined)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...oneOutputPrice), usage, (priced, used) => {
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
      expect(estimateCost(priced, { promptTokens: prompt, outputTokens: output }, atMs)).toBe(
        costOf(priced, usageOf({ inputTokens: prompt, outputTokens: output }), atMs),
      );
    }),
  );
});

test("an estimate without a ceiling counts the target's maximum, then what its context leaves, then nothing", () => {
  const prices = model("openai", "gpt-4o").prices;
  const at = (maxOutputTokens: number | null, contextTokens: number | null): number | null =>
    estimateCost(
      { prices, maxOutputTokens, contextTokens },
      { promptTokens: 1000, outputTokens: null },
      winter,
    );
  expect(at(16_384, 128_000)).toBe(1000 * 2_500_000 + 16_384 * 10_000_000);
  expect(at(null, 128_000)).toBe(1000 * 2_500_000 + 127_000 * 10_000_000);
  expect(at(null, 500)).toBe(1000 * 2_500_000);
  expect(at(null, null)).toBeNull();
});

const flat = { abovePromptTokens: 0, input: 3, output: 10, cachedRead: 1, cachedWrite: 4 };
const tableOf = (changes: Partial<PriceTable> = {}): PriceTable => ({
  effectiveFrom: Number.NEGATIVE_INFINITY,
  bands: [flat],
  batchShare: null,
  ...changes,
});

test("two attempts within one band cost what one of both their tokens costs", () => {
  const priced = { prices: [tableOf()] };
  const sum = (one: Usage, other: Usage): Usage =>
    usageOf({
      inputTokens: one.inputTokens + other.inputTokens,
      cachedReadTokens: one.cachedReadTokens + other.cachedReadTokens,
      cachedWriteTokens: one.cachedWriteTokens + other.cachedWriteTokens,
      outputTokens: one.outputTokens + other.outputTokens,
    });
  fc.assert(
    fc.property(usage, usage, (one, other) => {
      expect(costOf(priced, sum(one, other), winter)).toBe(
        costOf(priced, one, winter)! + costOf(priced, other, winter)!,
      );
    }),
  );
});

test("a prompt past a band pays the band's price for every token, not for those past it", () => {
  const dear = { abovePromptTokens: 100, input: 30, output: 100, cachedRead: 10, cachedWrite: 40 };
  const banded = { prices: [tableOf({ bands: [flat, dear] })] };
  fc.assert(
    fc.property(usage, (used) => {
      const isPast = used.inputTokens > 100;
      const alone = { prices: [tableOf({ bands: [isPast ? dear : flat] })] };
      expect(costOf(banded, used, winter)).toBe(costOf(alone, used, winter));
    }),
  );
});

test("shares of tier, place and discount multiply, and are rounded once, halves up", () => {
  const discounted: Priced = {
    prices: [tableOf({ tiers: { flex: 0.5, priority: 1.75 }, regions: { us: 1.1 } })],
    discounts: [
      { above: 1_000_000, share: 0.1 },
      { above: 5_000_000, share: 0.25 },
    ],
  };
  const at = (used: Partial<Usage>, spent = 0n, more: Partial<Priced> = {}): number | null =>
    costOf({ ...discounted, ...more }, usageOf({ inputTokens: 1, ...used }), winter, { spent });
  expect(at({ tier: "flex" })).toBe(2);
  expect(at({ inputTokens: 3, tier: "flex" })).toBe(5);
  expect(at({ inputTokens: 4, tier: "priority", region: "us" })).toBe(23);
  // A surcharge of the target's own takes the place of the region's.
  expect(at({ inputTokens: 4, region: "us" }, 0n, { surcharge: 0.5 })).toBe(18);
  expect(at({ inputTokens: 100, region: "eu" })).toBe(300);
  expect(at({ tier: "batch" })).toBeNull();
  // The threshold itself is not yet above it.
  expect(at({ inputTokens: 100 }, 1_000_000_000_000n)).toBe(300);
  expect(at({ inputTokens: 100 }, 1_000_000_000_001n)).toBe(270);
  expect(at({ inputTokens: 100, tier: "flex" }, 6_000_000_000_000n)).toBe(113);
});

const rig: RunningCost = {
  watts: 350,
  kwh: 300_000_000_000,
  hour: 500_000_000_000,
  slots: 4,
};

test.each([
  // (350 W × $0.30 / 1,000 + $0.50) an hour, shared by four: $0.15125.
  [3_600_000, 151_250_000_000],
  [1000, 42_013_889],
  [0, 0],
  [0.001, 42],
  [-5, 0],
])("a server of one's own costs its time: %d ms", (durationMs, cost) => {
  expect(runningCostOf(rig, durationMs)).toBe(cost);
});

test("a target that costs by the second needs to know how long, and an estimate its speed", () => {
  const home: Priced = {
    prices: [tableOf({ bands: [{ ...flat, input: 0, output: 0 }] })],
    runningCost: rig,
  };
  const used = usageOf({ inputTokens: 900, outputTokens: 90 });
  expect(costOf(home, used, winter)).toBeNull();
  expect(costOf(home, used, winter, { durationMs: 1000 })).toBe(42_013_889);
  const size = { promptTokens: 900, outputTokens: 90 };
  const limits = { maxOutputTokens: null, contextTokens: null };
  const estimate = (target: Priced, tokensPerSecond?: number): number | null =>
    estimateCost({ ...target, ...limits }, size, winter, { tokensPerSecond });
  expect(estimate(home)).toBeNull();
  expect(estimate({ ...home, speed: { output: 90, prompt: null } })).toBe(42_013_889);
  expect(estimate({ ...home, speed: { output: 45, prompt: 450 } })).toBe(168_055_556);
  // What was measured counts before what was configured.
  expect(estimate({ ...home, speed: { output: 45, prompt: null } }, 90)).toBe(42_013_889);
});

test("an estimate has the price of the tier asked for, and the usual one where there is no flex", () => {
  const size = { promptTokens: 100, outputTokens: 0 };
  const limits = { maxOutputTokens: null, contextTokens: null };
  const tiered = { prices: [tableOf({ tiers: { flex: 0.5 } })], ...limits };
  expect(estimateCost(tiered, size, winter, { tier: "flex" })).toBe(150);
  expect(estimateCost({ ...tiered, prices: [tableOf()] }, size, winter, { tier: "flex" })).toBe(
    300,
  );
  expect(estimateCost(tiered, size, winter, { tier: "priority" })).toBeNull();
});
