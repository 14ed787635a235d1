import { expect, test } from "vitest";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, provider, target, user } from "../support.ts";

const thinking = { type: "enabled", budget_tokens: 2000 };
const signed = (model: string): object => ({
  reasoning_details: [{ type: "reasoning.text", text: "hm", signature: "s", model }],
});
const loop = (details: object, ...further: object[]): Partial<ChatBody> => ({
  ...{ thinking, temperature: 0.5, max_tokens: 3000 },
  messages: [
    user,
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
      ...details,
    },
    { role: "tool", tool_call_id: "c", content: "r" },
    ...further,
  ] as ChatBody["messages"],
  tools: [{ type: "function", function: { name: "f", parameters: {} } }],
});

test.each<[string, Partial<ChatBody>, boolean]>([
  ["stays where the calls begin with this model's thinking", loop(signed("upstream-model")), true],
  ["goes where another model thought", loop(signed("other")), false],
  ["goes where the client sent no thinking back", loop({}), false],
  [
    "stays in a turn of its own after the loop",
    loop({}, { role: "assistant", content: "a" }, user),
    true,
  ],
])("a budget to think, in a loop of tools, %s", (_name, body, stays) => {
  const made = adapterFor("anthropic").prepare(chat(body), target(), provider("anthropic"), {});
  if (!made.ok) throw new Error(made.failure.message);
  const sent = JSON.parse(String(made.request.body)) as Record<string, unknown>;
  expect(sent["thinking"]).toEqual(stays ? thinking : undefined);
  // Sampling may not be set while the model thinks.
  expect(sent["temperature"]).toBe(stays ? undefined : 0.5);
  expect(made.request.dropped).toEqual([stays ? "temperature" : "thinking"]);
});
