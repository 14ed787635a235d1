import { describe, expect, test } from "vitest";
import type { ProviderKind } from "../../../../src/configuration/configuration.ts";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, provider, target, user } from "../support.ts";

interface Given {
  readonly kind: ProviderKind;
  readonly body: object;
  readonly overrides?: Overrides;
}

function sent({ kind, body: asked, overrides = {} }: Given) {
  const request = chat(asked as Partial<ChatBody>);
  const made = adapterFor(kind).prepare(request, target(), provider(kind), overrides);
  if (!made.ok) throw new Error(made.failure.message);
  const { body, dropped } = made.request;
  return {
    dropped,
    body: JSON.parse(Buffer.from(body).toString("utf8")) as Record<string, unknown>,
    spliced: typeof body !== "string",
  };
}

describe("a wish to think, told by a switch", () => {
  test.each<[string, Partial<ChatBody>, Overrides, object]>([
    ["no wish", {}, {}, {}],
    [
      "an effort",
      { reasoning_effort: "low" },
      {},
      { enable_thinking: true, thinking_budget: 2048 },
    ],
    [
      "an effort of the plan's",
      {},
      { set: { reasoning_effort: "high" } },
      { enable_thinking: true, thinking_budget: 24_576 },
    ],
    ["more than there is", { reasoning_effort: "max" }, {}, { enable_thinking: true }],
    ["none", { reasoning_effort: "none" }, {}, { enable_thinking: false }],
    [
      "the provider's own words",
      { reasoning_effort: "low", enable_thinking: false },
      {},
      { enable_thinking: false },
    ],
    [
      "a budget of the client's",
      { reasoning_effort: "low", thinking_budget: 9 },
      {},
      { enable_thinking: true, thinking_budget: 9 },
    ],
    [
      "an effort, within half of the limit",
      { reasoning_effort: "high", max_tokens: 1000 },
      {},
      { enable_thinking: true, thinking_budget: 500 },
    ],
    [
      "more than there is, within half of the plan's limit",
      { reasoning_effort: "max" },
      { maxTokens: 900 },
      { enable_thinking: true, thinking_budget: 450 },
    ],
    [
      "a budget of the client's below its limit",
      { thinking_budget: 999, max_tokens: 1000 } as object,
      {},
      { thinking_budget: 999 },
    ],
    [
      "a budget of the client's that fills its limit",
      { thinking_budget: 3000, max_tokens: 1000 } as object,
      {},
      { thinking_budget: 500 },
    ],
    [
      "a budget of the client's above a limit of the plan's",
      { thinking_budget: 3000 } as object,
      { maxTokens: 1000 },
      { thinking_budget: 500 },
    ],
  ])("%s", (_what, body, overrides, expected) => {
    const { body: out } = sent({ kind: "qwen", body, overrides });
    const { enable_thinking, thinking_budget, reasoning_effort } = out;
    expect({ enable_thinking, thinking_budget, reasoning_effort }).toEqual(expected);
  });

  test.each([
    ["is told when it is brought down", 3000, ["thinking_budget"]],
    ["is not told when it stays", 999, []],
  ])("a budget of the client's %s", (_what, tokens, told) => {
    const body = { thinking_budget: tokens, max_tokens: 1000 };
    expect(sent({ kind: "qwen", body }).dropped).toEqual(told);
  });

  test("is an effort elsewhere", () => {
    const { body, spliced } = sent({ kind: "vllm", body: { reasoning_effort: "low" } });
    expect(body).toMatchObject({ reasoning_effort: "low" });
    expect(spliced).toBe(true);
  });
});

describe("proofs in earlier turns", () => {
  const call = {
    id: "call_1",
    type: "function",
    function: { name: "f", arguments: "{}" },
    extra_content: { google: { thought_signature: "c2ln" } },
  };
  const messages = [
    user,
    { role: "assistant", content: null, tool_calls: [call], reasoning_details: [{ data: "x" }] },
    { role: "tool", tool_call_id: "call_1", content: "rain" },
  ];
  test.each<[ProviderKind, boolean]>([
    ["openai", false],
    ["mistral", false],
    ["deepseek", false],
    ["qwen", false],
    ["vllm", false],
    ["ollama", false],
    ["openrouter", true],
    ["tokenmix", true],
    ["openai-compatible", true],
  ])("reach %s: %s", (kind, kept) => {
    const text = JSON.stringify(sent({ kind, body: { messages } }).body["messages"]);
    expect(text.includes("thought_signature")).toBe(kept);
    expect(text.includes("reasoning_details")).toBe(kept);
  });
});
