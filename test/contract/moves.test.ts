import { afterAll, beforeAll, expect, test } from "vitest";
import { type ProviderRow, providers, surfaces } from "./matrix.ts";
import { type Suite, startSuite } from "./suite.ts";

let suite: Suite;

beforeAll(async () => {
  suite = await startSuite();
});
afterAll(() => suite.close());

/** Makers that prove their thinking, and providers that a session moves to: one for each way to take thinking back. */
const makers = named("anthropic", "gemini", "openai-responses", "openrouter");
const takers = named(
  "anthropic",
  "gemini",
  "openai",
  "openai-responses",
  "mistral",
  "deepseek",
  "qwen",
  "vllm",
);

function named(...names: readonly string[]): readonly ProviderRow[] {
  return providers.filter(({ name }) => names.includes(name));
}

const moves = surfaces
  .filter(({ name }) => name !== "completions")
  .flatMap((surface) =>
    makers.flatMap((maker) =>
      takers
        .filter((taker) => taker.model !== maker.model)
        .map((taker) => ({ surface, maker, taker, from: maker.name, to: taker.name })),
    ),
  );

/** `signed ` and an id, as the stand-ins seal them. */
const proof = /c2lnbmVkI[\w+/]+=*/g;

test.each(moves)(
  "a session of a $surface.name client moves from $from to $to in the middle of its calls, and no proof of the one reaches the other",
  async ({ surface, maker, taker }) => {
    const client = suite.clients[surface.name];
    const question = {
      prompt: "Tell me the weather and the traffic",
      tools: true,
      thinks: true,
    };
    for (const streamed of [false, true]) {
      const before = await client({ ...question, model: maker.name }, streamed);
      expect(before.calls).toHaveLength(2);
      const got = await client({ ...question, model: taker.name, before }, streamed);
      expect(got.text).toContain("Thank you for the tool's result.");
      const sent = suite.asked().at(-1);
      expect(sent?.path.startsWith(`${taker.base}/`)).toBe(true);
      expect(sent?.text.match(proof) ?? []).toEqual([]);
    }
  },
);
