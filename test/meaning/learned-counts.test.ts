import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mixOf } from "../../src/extract/token-facts.ts";
import { loadEncoder } from "../../src/meaning/token-count.ts";
import { TokenRatios } from "../../src/meaning/token-ratios.ts";
import type { ChatBody } from "../../src/protocol/chat-request.ts";
import { hasPrompts, promptTexts } from "../support/prompt-texts.ts";

if (!hasPrompts)
  console.warn("skipped: ../shared/data is absent, so learned counts are not measured");

const taught = 200;
/** What surrounds one message, by our rule; models have their own, of about that size. */
const framing = 7;

/*
 * Counts of 980 prompts by other tokenizers, which npm has: @anthropic-ai/tokenizer 0.0.4 (Claude 2), llama-tokenizer-js 1.2.2,
 * llama3-tokenizer-js 1.2.0, mistral-tokenizer-js 1.0.0, and those of Qwen 2.5, Gemini and DeepSeek V3 of @lenml/tokenizer-*.
 */
const counts: ReadonlyMap<string, readonly number[]> = new Map(
  readFileSync(new URL("../support/token-counts.txt", import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([model = "", ...own]) => [model, own.map(Number)] as const),
);

test.skipIf(!hasPrompts)(
  "after 200 answers what a model makes of a prompt is told to five per cent on average, by seven tokenizers",
  async () => {
    await loadEncoder();
    const prompts = promptTexts().map((content) => {
      return mixOf({ model: "m", messages: [{ role: "user", content }] } as unknown as ChatBody);
    });
    const errors: Record<string, number> = {};
    for (const [model, own] of counts) {
      const ratios = new TokenRatios();
      const real = own.map((count) => count + framing);
      for (let at = 0; at < taught; at += 1) {
        const { mix, tokens } = prompts[at] as (typeof prompts)[number];
        ratios.learn(model, mix, tokens, real[at] as number);
      }
      let sum = 0;
      for (let at = taught; at < real.length; at += 1) {
        const { mix, tokens } = prompts[at] as (typeof prompts)[number];
        const told = tokens * (ratios.at(model, mix)?.ratio ?? 0);
        sum += Math.abs(told / (real[at] as number) - 1);
      }
      errors[model] = sum / (real.length - taught);
    }
    const shown = Object.entries(errors).map(
      ([model, error]) => `${model} ${(100 * error).toFixed(1)} %`,
    );
    console.info(`tokens by learned ratios, mean error: ${shown.join(", ")}`);
    for (const [model, error] of Object.entries(errors)) {
      expect.soft(error, model).toBeLessThan(0.05);
    }
  },
);
