import { expect, test } from "vitest";
import { costOf } from "../../../src/catalog/cost.ts";
import { findModel } from "../../../src/catalog/models.ts";
import type { Target } from "../../../src/catalog/target.ts";
import type { Usage } from "../../../src/protocol/usage.ts";
import { usageOf } from "../../../src/runtime/providers/anthropic/read-usage.ts";
import { readNativeCounts } from "../../../src/runtime/providers/ollama/read-counts.ts";
import { readAnswerUsage } from "../../../src/runtime/providers/openai/read-usage.ts";

type Fields = Readonly<Record<string, unknown>>;
type Read = (answer: Fields) => Usage | null;

const noon = "2026-11-23T12:00:00Z";
const messages: Read = (answer) => usageOf(answer["usage"] as Fields);

interface Recorded {
  /** Seller and model; null for a relay whose prices nobody lists. */
  readonly model: readonly [seller: string, id: string] | null;
  readonly read: Read;
  readonly answer: Fields;
  readonly at?: string;
  /** Worked out by hand: dollars, to the last digit. */
  readonly dollars: string;
}

function chat(usage: Fields, beside: Fields = {}): Pick<Recorded, "read" | "answer"> {
  return { read: readAnswerUsage, answer: { object: "chat.completion", usage, ...beside } };
}

function message(usage: Fields): Pick<Recorded, "read" | "answer"> {
  return { read: messages, answer: { type: "message", usage } };
}

const recorded: Readonly<Record<string, Recorded>> = {
  // 1,200 plain of 2,006 × $2 + 806 × $0.2 + 300 × $10, per million.
  "OpenAI: cached prompt and reasoning": {
    model: ["openai", "gpt-6-sol"],
    ...chat(
      {
        prompt_tokens: 2006,
        completion_tokens: 300,
        total_tokens: 2306,
        prompt_tokens_details: { cached_tokens: 806, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 192,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
      { service_tier: "default" },
    ),
    dollars: "0.005561200000",
  },
  // 500 × $2 + 1,000 read × $0.2 + 1,500 written × $2.5 + 10 × $10.
  "OpenAI: cache writes at a rate of their own": {
    model: ["openai", "gpt-6-sol"],
    ...chat({
      prompt_tokens: 3000,
      completion_tokens: 10,
      total_tokens: 3010,
      prompt_tokens_details: { cached_tokens: 1000, cache_write_tokens: 1500 },
    }),
    dollars: "0.005050000000",
  },
  // Rejected predictions are inside the completion: 100 × $2.5 + 80 × $10.
  "OpenAI: rejected predictions are billed as output": {
    model: ["openai", "gpt-4o"],
    ...chat({
      prompt_tokens: 100,
      completion_tokens: 80,
      completion_tokens_details: { accepted_prediction_tokens: 20, rejected_prediction_tokens: 30 },
    }),
    dollars: "0.001050000000",
  },
  // Half of (1,001 × $2 + 7 × $10).
  "OpenAI: served by the flex tier": {
    model: ["openai", "gpt-6-sol"],
    ...chat({ prompt_tokens: 1001, completion_tokens: 7 }, { service_tier: "flex" }),
    dollars: "0.001036000000",
  },
  // Twice (1,000 × $2.5 + 10 × $15).
  "OpenAI: served by the priority tier": {
    model: ["openai", "gpt-5.4"],
    ...chat({ prompt_tokens: 1000, completion_tokens: 10 }, { service_tier: "priority" }),
    dollars: "0.005300000000",
  },
  // 1.75 × (3 × $2 + 1 × $8) per million.
  "OpenAI: a tier whose share is no whole number": {
    model: ["openai", "o3"],
    ...chat({ prompt_tokens: 3, completion_tokens: 1 }, { service_tier: "priority" }),
    dollars: "0.000024500000",
  },
  // Whatever was asked for: the answer says that it was served as usual.
  "OpenAI: flex asked for, served as usual": {
    model: ["openai", "gpt-6-sol"],
    ...chat({ prompt_tokens: 1001, completion_tokens: 7 }, { service_tier: "default" }),
    dollars: "0.002072000000",
  },
  // All 272,001 at the long band: 271,001 × $4 + 1,000 × $0.4 + 5 × $15.
  "OpenAI: a prompt past the band reprices the whole request": {
    model: ["openai", "gpt-6-sol"],
    ...chat({
      prompt_tokens: 272_001,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 1000 },
    }),
    dollars: "1.084479000000",
  },
  "OpenAI: embeddings": {
    model: ["openai", "text-embedding-3-small"],
    ...chat({ prompt_tokens: 8, total_tokens: 8 }),
    dollars: "0.000000160000",
  },
  // 10 × $2 + 2,000 read × $0.1 + 3,000 written × $2.5 + 500 × $10; input_tokens excludes both.
  "Anthropic: five-minute cache writes": {
    model: ["anthropic", "claude-sonnet-5-5"],
    ...message({
      input_tokens: 10,
      cache_creation_input_tokens: 3000,
      cache_read_input_tokens: 2000,
      cache_creation: { ephemeral_5m_input_tokens: 3000, ephemeral_1h_input_tokens: 0 },
      output_tokens: 500,
      output_tokens_details: { thinking_tokens: 320 },
      server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
      service_tier: "standard",
      speed: "standard",
    }),
    dollars: "0.012720000000",
  },
  // 1,000 × $2.5 + 2,000 × $4 + 10 × $2 + 1 × $10.
  "Anthropic: writes that are kept an hour cost more": {
    model: ["anthropic", "claude-sonnet-5-5"],
    ...message({
      input_tokens: 10,
      cache_creation_input_tokens: 3000,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 1000, ephemeral_1h_input_tokens: 2000 },
      output_tokens: 1,
    }),
    dollars: "0.010530000000",
  },
  // 100,001 in all is past the band: 1 × $0.5 + 60,000 read × $0.05 + 40,000 kept an hour × $1 + 2 × $2.5.
  "Anthropic: the band counts cached tokens too": {
    model: ["anthropic", "claude-haiku-5-5"],
    ...message({
      input_tokens: 1,
      cache_creation_input_tokens: 40_000,
      cache_read_input_tokens: 60_000,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 40_000 },
      output_tokens: 2,
    }),
    dollars: "0.043005500000",
  },
  // Twice (100 × $4 + 10 × $20).
  "Anthropic: fast mode": {
    model: ["anthropic", "claude-opus-5-5"],
    ...message({ input_tokens: 100, output_tokens: 10, service_tier: "standard", speed: "fast" }),
    dollars: "0.001200000000",
  },
  // Half of (100 × $4 + 10 × $20).
  "Anthropic: a message of a batch": {
    model: ["anthropic", "claude-opus-5-5"],
    ...message({ input_tokens: 100, output_tokens: 10, service_tier: "batch" }),
    dollars: "0.000300000000",
  },
  // Capacity bought beforehand is listed at the list price: 100 × $4 + 10 × $20.
  "Anthropic: the priority tier is no price of its own": {
    model: ["anthropic", "claude-opus-5-5"],
    ...message({ input_tokens: 100, output_tokens: 10, service_tier: "priority" }),
    dollars: "0.000600000000",
  },
  // 1.1 × (100 × $4 + 11 × $20).
  "Anthropic: inference kept in the US": {
    model: ["anthropic", "claude-opus-5-5"],
    ...message({ input_tokens: 100, output_tokens: 11, inference_geo: "us" }),
    dollars: "0.000682000000",
  },
  // 600 hits × $0.003 + 400 misses × $0.15 + 50 × $0.6.
  "DeepSeek: off peak": {
    model: ["deepseek", "deepseek-flash"],
    ...chat({
      prompt_tokens: 1000,
      completion_tokens: 50,
      total_tokens: 1050,
      prompt_cache_hit_tokens: 600,
      prompt_cache_miss_tokens: 400,
      prompt_tokens_details: { cached_tokens: 600 },
      completion_tokens_details: { reasoning_tokens: 30 },
    }),
    dollars: "0.000091800000",
  },
  "DeepSeek: the same in the peak, twice as dear": {
    model: ["deepseek", "deepseek-flash"],
    ...chat({ prompt_tokens: 1000, completion_tokens: 50, prompt_cache_hit_tokens: 600 }),
    at: "2026-11-23T02:00:00Z",
    dollars: "0.000183600000",
  },
  "DeepSeek: peak hours of a holiday are off peak": {
    model: ["deepseek", "deepseek-flash"],
    ...chat({ prompt_tokens: 1000, completion_tokens: 50, prompt_cache_hit_tokens: 600 }),
    at: "2027-01-01T02:00:00Z",
    dollars: "0.000091800000",
  },
  // Both are inside the prompt: 100 × $2.5 + 600 × $0.5 + 300 × $3.125 + 20 × $7.5.
  "Qwen: reads and writes inside the prompt": {
    model: ["alibaba", "qwen3.7-max"],
    ...chat({
      prompt_tokens: 1000,
      completion_tokens: 20,
      total_tokens: 1020,
      prompt_tokens_details: {
        cached_tokens: 600,
        cache_creation_input_tokens: 300,
        cache_type: "ephemeral",
      },
    }),
    dollars: "0.001637500000",
  },
  // 10 × $0.4 + 20 × $4: an answer with reasoning has another price.
  "Qwen: an answer that was reasoned": {
    model: ["alibaba", "qwen-plus"],
    ...chat({
      prompt_tokens: 10,
      completion_tokens: 20,
      completion_tokens_details: { reasoning_tokens: 12 },
    }),
    dollars: "0.000084000000",
  },
  // 36 × $0.5 + 64 × $0.05 + 9 × $1.5.
  "Mistral: cached tokens beside the counts": {
    model: ["mistral", "mistral-large-2512"],
    ...chat({ prompt_tokens: 100, completion_tokens: 9, total_tokens: 109, num_cached_tokens: 64 }),
    dollars: "0.000034700000",
  },
  "Mistral: cached tokens under the other spelling": {
    model: ["mistral", "mistral-large-2512"],
    ...chat({
      prompt_tokens: 100,
      completion_tokens: 9,
      prompt_token_details: { cached_tokens: 64 },
    }),
    dollars: "0.000034700000",
  },
  "OpenRouter: nobody lists its prices, and it says what it charges": {
    model: null,
    ...chat({
      prompt_tokens: 194,
      completion_tokens: 2,
      total_tokens: 196,
      cost: 0.0009512345,
      is_byok: false,
      cost_details: { upstream_inference_cost: null },
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 100, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    }),
    dollars: "0.000951234500",
  },
  // 18 × $0.15 + 30 × $0.6; `on_demand` is its word for the usual tier.
  "Groq: usage in its own place of the last chunk": {
    model: ["groq", "openai/gpt-oss-120b"],
    read: readAnswerUsage,
    answer: {
      object: "chat.completion.chunk",
      service_tier: "on_demand",
      x_groq: {
        id: "req_1",
        usage: { prompt_tokens: 18, completion_tokens: 30, total_time: 0.06 },
      },
    },
    dollars: "0.000020700000",
  },
  // 199,999 × $2 + 1 × $6, one token below the band that begins at 200,000.
  "xAI: the last prompt below its band": {
    model: ["x-ai", "grok-4.6"],
    ...chat({ prompt_tokens: 199_999, completion_tokens: 1 }),
    dollars: "0.400004000000",
  },
};

const dollarsText = (picodollars: number): string => {
  const digits = String(picodollars).padStart(13, "0");
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`;
};

test.each(Object.entries(recorded))("%s", (_, { model, read, answer, at = noon, dollars }) => {
  const usage = read(answer);
  const target = model === null ? { prices: [] } : findModel(...model);
  if (usage === null || target === null) throw new Error("nothing was read");
  const cost = costOf(target, usage, Date.parse(at));
  expect(cost === null ? null : dollarsText(cost)).toBe(dollars);
});

const noPriceOf = (tier: string): Usage =>
  readAnswerUsage({ usage: { prompt_tokens: 1, completion_tokens: 1 }, service_tier: tier })!;

test.each(["priority", "fast", "ultrafast", "batch"])(
  "a tier whose price nobody listed has no known cost, not the list price: %s",
  (tier) => {
    const target = findModel("deepseek", "deepseek-flash")!;
    expect(costOf(target, noPriceOf(tier), Date.parse(noon))).toBeNull();
    expect(costOf(target, noPriceOf("default"), Date.parse(noon))).not.toBeNull();
  },
);

test("where a price is listed it counts, and the provider's own word stands beside it", () => {
  const usage = readAnswerUsage({ usage: { prompt_tokens: 10, completion_tokens: 0, cost: 0.5 } })!;
  expect(usage.statedCost).toBe(500_000_000_000);
  expect(costOf(findModel("openai", "gpt-6-sol")!, usage, Date.parse(noon))).toBe(20_000_000);
});

test("audio has the price that the operator gave it, inside the counts", () => {
  const band = { abovePromptTokens: 0, input: 10, output: 100, cachedRead: 1, cachedWrite: 10 };
  const bands = [{ ...band, audioInput: 40, audioOutput: 800 }];
  const target: Pick<Target, "prices"> = {
    prices: [{ effectiveFrom: Number.NEGATIVE_INFINITY, bands, batchShare: null }],
  };
  const usage = readAnswerUsage({
    usage: {
      prompt_tokens: 100,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 20, audio_tokens: 30, text_tokens: 70 },
      completion_tokens_details: { audio_tokens: 45, text_tokens: 5 },
    },
  })!;
  expect(costOf(target, usage, 0)).toBe(50 * 10 + 30 * 40 + 20 * 1 + 5 * 100 + 45 * 800);
});

test.each([
  [{ eval_count: 5, prompt_eval_count: 26 }, null, [26, 5, false]],
  [{ eval_count: 5 }, 30, [30, 5, true]],
  [{ eval_count: 5, prompt_eval_count: 0 }, 30, [30, 5, true]],
  [{ eval_count: 5 }, null, null],
  [{ done: true }, 30, null],
] as const)("a native line that counts %j, of a prompt of about %j tokens", (line, about, read) => {
  const usage = readNativeCounts(line, about);
  expect(usage && [usage.inputTokens, usage.outputTokens, usage.estimated]).toEqual(read);
});
