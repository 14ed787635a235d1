import { describe, expect, test } from "vitest";
import type { ProviderKind } from "../../../../src/configuration/configuration.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, head } from "../support.ts";

const message = { role: "assistant", content: "Hi" };
const completion = (
  fields: object = {},
  reason: string | null = "stop",
  usage: object | null = null,
) => ({
  id: "c1",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [
    { index: 0, message: { ...message, ...fields }, logprobs: null, finish_reason: reason },
  ],
  ...(usage === null ? {} : { usage }),
});

function read(value: unknown, kind: ProviderKind = "openai") {
  const bytes = new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
  const answer = adapterFor(kind).readBody(head(), bytes, chat());
  if (!answer.ok) throw new Error(answer.failure.message);
  const { body } = answer.reply;
  const text = typeof body === "string" ? body : Buffer.from(body).toString();
  return {
    ...answer.reply,
    untouched: body === bytes,
    value: JSON.parse(text) as ReturnType<typeof completion>,
  };
}

describe("an answer in the client's dialect", () => {
  const call = { id: "a", type: "function", function: { name: "f", arguments: "" } };
  test.each<[string, unknown]>([
    ["text", completion()],
    ["calls without arguments", completion({ content: null, tool_calls: [call] }, "tool_calls")],
    [
      "a custom call",
      completion({ tool_calls: [{ id: "a", type: "custom", custom: { name: "f", input: "x" } }] }),
    ],
    ["reasoning under its own name", completion({ reasoning_content: "hm" })],
    ["no reasoning", completion({ reasoning: null })],
    ["an unknown finish", completion({}, "brand_new")],
    ["no finish", completion({}, null)],
    ["an error that is none", { ...completion(), error: null }],
    ["a detail that is no error", { ...completion(), detail: "cached" }],
    ["an error that says nothing", { ...completion(), error: "" }],
    ["unknown fields", { ...completion(), timings: { n: 1 }, provider: "x" }],
    [
      "blank lines before it, which keep a connection alive",
      `\n\n  ${JSON.stringify(completion())}`,
    ],
  ])("is handed on as it came: %s", (_name, value) => {
    expect(read(value).untouched).toBe(true);
  });
});

describe("an answer that departs from it is mended", () => {
  test.each<[string, object, object]>([
    [
      "reasoning under another name",
      completion({ reasoning: "hm" }),
      completion({ reasoning_content: "hm" }),
    ],
    [
      "both names",
      completion({ reasoning: "x", reasoning_content: "hm" }),
      completion({ reasoning: "x", reasoning_content: "hm" }),
    ],
    [
      "content in parts",
      completion({
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
      }),
      completion({ content: "ab", reasoning_content: "hm" }),
    ],
    [
      "arguments as an object",
      completion({
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: { x: 1 } } }],
      }),
      completion({
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: '{"x":1}' } }],
      }),
    ],
    [
      "no arguments",
      completion({ tool_calls: [{ id: "a", type: "function", function: { name: "f" } }] }),
      completion({
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
      }),
    ],
    ["a finish in other words", completion({}, "model_length"), completion({}, "length")],
    ["another finish in other words", completion({}, "eos"), completion({}, "stop")],
  ])("%s", (_name, value, expected) => {
    expect(read(value).value).toEqual(expected);
  });

  test("a byte order mark is not handed on", () => {
    expect(read(`\uFEFF${JSON.stringify(completion())}`).value).toEqual(completion());
  });

  test.each<[ProviderKind, string]>([
    ["openai", "stop"],
    ["vllm", "tool_calls"],
    ["mistral", "tool_calls"],
  ])("calls that finished as stop at %s finish as %s", (kind, finish) => {
    const call = { id: "a", type: "function", function: { name: "f", arguments: "{}" } };
    const { value, finishReason } = read(completion({ tool_calls: [call] }), kind);
    expect(value.choices[0]?.finish_reason).toBe(finish);
    expect(finishReason).toBe(finish);
  });

  test("calls without id or type get them", () => {
    const { value } = read(
      completion({
        tool_calls: [
          { function: { name: "f", arguments: "{}" } },
          { id: "mine", function: { name: "g", arguments: "{}" } },
        ],
      }),
    );
    expect(value.choices[0]?.message).toMatchObject({
      tool_calls: [
        { id: expect.stringMatching(/^call_\w{24}$/) as unknown, type: "function" },
        { id: "mine", type: "function" },
      ],
    });
  });
});

test.each<[string, object | null, object | null]>([
  ["none", null, null],
  ["an empty object", {}, null],
  [
    "totals",
    { prompt_tokens: 9, completion_tokens: 4 },
    { inputTokens: 9, outputTokens: 4, cachedReadTokens: 0, estimated: false },
  ],
  [
    "OpenAI's details",
    {
      prompt_tokens: 9,
      completion_tokens: 4,
      prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
    { cachedReadTokens: 5, cachedWriteTokens: 2, reasoningTokens: 3 },
  ],
  [
    "DeepSeek's",
    {
      prompt_tokens: 9,
      completion_tokens: 4,
      prompt_cache_hit_tokens: 6,
      prompt_cache_miss_tokens: 3,
    },
    { cachedReadTokens: 6 },
  ],
  [
    "Mistral's",
    { prompt_tokens: 9, completion_tokens: 4, num_cached_tokens: 2 },
    { cachedReadTokens: 2 },
  ],
  [
    "Mistral's other",
    { prompt_tokens: 9, completion_tokens: 4, prompt_token_details: { cached_tokens: 2 } },
    { cachedReadTokens: 2 },
  ],
  [
    "Qwen's",
    {
      prompt_tokens: 9,
      completion_tokens: 4,
      prompt_tokens_details: { cached_tokens: 1, cache_creation_input_tokens: 4 },
    },
    { cachedReadTokens: 1, cachedWriteTokens: 4 },
  ],
  [
    "parts beyond their whole",
    {
      prompt_tokens: 9,
      completion_tokens: 4,
      prompt_tokens_details: { cached_tokens: 99, cache_write_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 50 },
    },
    { cachedReadTokens: 9, cachedWriteTokens: 0, reasoningTokens: 4 },
  ],
  [
    "counts that are none",
    { prompt_tokens: -3, completion_tokens: "4" },
    { inputTokens: 0, outputTokens: 0 },
  ],
])("usage is read: %s", (_name, usage, expected) => {
  const counted = read(completion({}, "stop", usage)).usage;
  if (expected === null) expect(counted).toBeNull();
  else expect(counted).toMatchObject(expected);
});

test.each<[string, object, object]>([
  [
    "by another name",
    { prompt_tokens: 9, completion_tokens: 4, num_cached_tokens: 2 },
    { cached_tokens: 2 },
  ],
  [
    "by both names",
    { prompt_tokens: 9, num_cached_tokens: 2, prompt_tokens_details: { cached_tokens: 3 } },
    { cached_tokens: 3 },
  ],
])("cached tokens told %s stand under the common one", (_what, usage, expected) => {
  const { value } = read(completion({}, "stop", usage), "mistral");
  expect(value).toMatchObject({ usage: { ...usage, prompt_tokens_details: expected } });
});
