import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  catalogModels,
  catalogSources,
  findModel,
  findModelAnywhere,
} from "../../src/catalog/models.ts";

const list = "../shared/data/model-prices.json";

interface Listed {
  readonly provider: string;
  readonly model_id: string;
  readonly context_window_tokens: number | null;
  readonly max_output_tokens: number | null;
  readonly usd_per_million_tokens: Readonly<Record<string, number | null>>;
  readonly batch_discount_fraction: number | null;
}

test.skipIf(!existsSync(list))(
  "every row of the researched list is carried with its prices (skips without ../shared/data)",
  () => {
    const rows = (JSON.parse(readFileSync(list, "utf8")) as { models: Listed[] }).models;
    expect(catalogModels).toHaveLength(rows.length);
    for (const row of rows) {
      const model = findModel(row.provider, row.model_id);
      const band = model?.prices[0]?.bands[0];
      const usd = row.usd_per_million_tokens;
      expect([model?.contextTokens, model?.maxOutputTokens, model?.prices[0]?.batchShare]).toEqual([
        row.context_window_tokens,
        row.max_output_tokens,
        row.batch_discount_fraction,
      ]);
      const input = usd["input"] ?? Number.NaN;
      expect([band?.input, band?.output, band?.cachedRead, band?.cachedWrite]).toEqual(
        [
          input,
          usd["output"] ?? Number.NaN,
          usd["cached_input_read"] ?? input,
          usd["cache_write_short_ttl"] ?? input,
        ].map((each) => Math.round(each * 1e6)),
      );
      const long = usd["cache_write_long_ttl"] ?? null;
      expect(band?.cachedWriteLong).toBe(long === null ? undefined : Math.round(long * 1e6));
    }
  },
);

test("every row names its day and its sources, holds whole prices, and rises by date and by prompt size", () => {
  for (const model of catalogModels) {
    expect(model.asOf, model.id).toMatch(/^2026-\d\d(-\d\d)?$/);
    expect(model.sources, model.id).not.toBe("");
    for (const letter of model.sources) expect(catalogSources[letter], model.id).toBeDefined();
    const dates = model.prices.map((table) => table.effectiveFrom);
    expect(dates[0]).toBe(Number.NEGATIVE_INFINITY);
    expect(dates).toEqual([...dates].sort((a, b) => a - b));
    for (const { bands, peak } of model.prices) {
      for (const each of [bands, peak?.bands ?? []]) {
        for (const band of each) {
          expect(
            Object.values(band).every((price) => Number.isSafeInteger(price) && price >= 0),
          ).toBe(true);
          expect(band.cachedRead).toBeLessThanOrEqual(band.input);
          expect(band.cachedWrite).toBeGreaterThanOrEqual(band.input);
        }
        const edges = each.map((band) => band.abovePromptTokens);
        expect(edges).toEqual([...new Set(edges)].sort((a, b) => a - b));
      }
      expect(bands[0]?.abovePromptTokens).toBe(0);
    }
    expect(model.abilities.size > 0).toBe(model.kind === "chat");
  }
});

test("a model is found by its seller and id or alias, and not by a dated id, whose price may differ", () => {
  expect(findModel("anthropic", "claude-sonnet-5-5")?.maxOutputTokens).toBe(128_000);
  expect(findModel("mistral", "mistral-medium-latest")?.id).toBe("mistral-medium-3-5");
  expect(findModel("openai", "claude-sonnet-5-5")).toBeNull();
  expect(findModel("openai", "gpt-4o-2024-05-13")).toBeNull();
  expect(findModelAnywhere("anthropic/claude-sonnet-5-5")?.seller).toBe("anthropic");
  expect(findModelAnywhere("openai/gpt-oss-20b")?.seller).toBe("groq");
  expect(findModelAnywhere("nobody/knows")).toBeNull();
});

test.each([
  ["anthropic", "claude-opus-5-5", true],
  ["anthropic", "claude-sonnet-4-6", false],
  ["openai", "gpt-6-astra", true],
  ["openai", "o3", true],
  ["openai", "gpt-4.1", false],
])("%s %s answers 400 to a temperature: %j", (seller, id, rejects) => {
  expect(findModel(seller, id)?.rejectsSampling).toBe(rejects);
});

test.each([
  ["claude-fable-5-1", true, false],
  ["claude-opus-5-5", true, false],
  ["claude-sonnet-5-5", true, false],
  ["claude-haiku-5-5", false, false],
  ["claude-opus-5", false, false],
  ["claude-sonnet-4-6", false, false],
  ["claude-haiku-4-5", false, true],
])("%s answers 400 to a forced call: %j, to an effort: %j", (id, forced, effort) => {
  const model = findModel("anthropic", id);
  expect([model?.rejectsForcedTools, model?.rejectsEffort]).toEqual([forced, effort]);
});

test.each([
  ["claude-fable-5-1", ["adaptive"], true],
  ["claude-opus-5-5", ["adaptive"], true],
  ["claude-opus-5", ["enabled", "adaptive", "disabled"], true],
  ["claude-opus-4-8", ["adaptive", "disabled"], true],
  ["claude-sonnet-5-5", ["adaptive", "between_tools"], true],
  ["claude-sonnet-5", ["adaptive", "disabled"], true],
  ["claude-sonnet-4-6", ["enabled", "adaptive", "disabled"], false],
  ["claude-haiku-5-5", ["adaptive", "disabled"], true],
  ["claude-haiku-4-5", ["enabled", "disabled"], false],
])(
  "%s takes these ways of thinking: %j, and answers 400 to a begun answer: %j",
  (id, ways, begun) => {
    const model = findModel("anthropic", id);
    expect([[...(model?.thinking ?? [])], model?.rejectsPrefill]).toEqual([ways, begun]);
  },
);

test("models of other makers have no ways of thinking of that wire", () => {
  const model = findModel("openai", "gpt-6-sol");
  expect([model?.thinking, model?.rejectsPrefill]).toEqual([null, false]);
});

test.each([
  ["openai", "gpt-6-sol", { flex: 0.5, priority: 2, fast: 2 }],
  ["openai", "gpt-6-astra", { flex: 0.5, priority: 2, fast: 2 }],
  ["openai", "o3", { flex: 0.5, priority: 1.75, fast: 1.75 }],
  ["openai", "gpt-4o", undefined],
  ["anthropic", "claude-opus-5-5", { fast: 2 }],
  ["anthropic", "claude-sonnet-5-5", undefined],
])("%s %s has the tiers %j", (seller, id, tiers) => {
  expect(findModel(seller, id)?.prices[0]?.tiers).toEqual(tiers);
});
