import { describe, expect, test } from "vitest";
import { adapterFor } from "../../../src/runtime/providers/adapters.ts";
import { isSameModel } from "../../../src/runtime/providers/same-model.ts";
import { readMessagesRequest } from "../../../src/surface/messages/read-messages-request.ts";
import { chat, head, provider, target } from "./support.ts";

test.each([
  ["claude-haiku-4-5", "claude-haiku-4-5", true],
  ["claude-haiku-4-5", "claude-haiku-4-5-20251001", true],
  ["claude-haiku-4-5", "claude-haiku-4-5@20251001", true],
  ["claude-haiku-4-5", "claude-haiku-4-5-20251001-v1:0", true],
  ["claude-haiku-4-5", "claude-haiku-4-5-latest", true],
  ["claude-3-7-sonnet-latest", "claude-3-7-sonnet-20250219", true],
  ["claude-haiku-4-5-latest", "claude-haiku-4-5-latest", true],
  ["gpt-5-chat-latest", "gpt-5-2025-08-07", false],
  ["gemini-flash-latest", "gemini-flash-lite-latest", false],
  ["-latest", "-20251001", false],
  ["claude-haiku-4-5-20251001", "claude-haiku-4-5-20260101", false],
  ["claude-opus-5", "claude-opus-5-5", false],
  ["claude-opus-5", "claude-opus-5-5-20251001", false],
  ["claude-opus-5", "claude-sonnet-5", false],
  ["gpt-5", "gpt-5-2025-08-07", true],
  ["gpt-5", "gpt-5-mini", false],
  ["gpt-5", "gpt-5-mini-2025-08-07", false],
  ["gpt-5", "gpt-5.1", false],
  ["gpt-5-2025-08-07", "gpt-5-2025-10-01", false],
  ["models/gemini-2.5-flash", "gemini-2.5-flash-001", true],
  ["gemini-2.5-flash-preview", "gemini-2.5-flash-preview-05-20", true],
  ["gemini-2.5-flash-preview", "gemini-2.5-flash-preview-09-2025", true],
  ["gemini-2.5-flash", "gemini-2.5-flash-lite", false],
  ["gemini-3", "gemini-3-5", false],
  ["", "claude", false],
  ["", "-20251001", false],
])("%s and %s are one model: %j", (one, other, same) => {
  expect(isSameModel(one, other)).toBe(same);
  expect(isSameModel(other, one)).toBe(same);
});

describe.each([
  ["an alias of the model that answered", "claude-haiku-4-5", "claude-haiku-4-5-20251001"],
  ["the model behind an alias that answered", "claude-haiku-4-5-20251001", "claude-haiku-4-5"],
])("thinking goes back to %s", (_name, asked, answered) => {
  const adapter = adapterFor("anthropic");
  const content = [
    { type: "thinking", thinking: "hm", signature: "proof-of-alias" },
    { type: "tool_use", id: "t", name: "f", input: {} },
  ];
  const answer = Buffer.from(
    JSON.stringify({ id: "m", model: answered, content, stop_reason: "tool_use", usage: {} }),
  );
  const json = head({ "content-type": "application/json" });
  const user = { role: "user" as const, content: "Hi" };
  const messagesOf = (messages: readonly object[]) => {
    const body = Buffer.from(JSON.stringify({ model: "m", max_tokens: 9, messages }));
    const limits = { maxDepth: 64, maxKeys: 500, maxMessages: 50 };
    const read = readMessagesRequest(body, limits, { counting: false });
    if (!read.ok) throw new Error(read.problem.message);
    return read.request;
  };
  const sent = (request: ReturnType<typeof chat>): string => {
    const made = adapter.prepare(request, target({ model: asked }), provider("anthropic"), {});
    if (!made.ok) throw new Error(made.failure.message);
    return Buffer.from(made.request.body).toString();
  };

  test("where the answer was relayed", () => {
    expect(adapter.readBody(json, answer, messagesOf([user])).ok).toBe(true);
    const result = { type: "tool_result", tool_use_id: "t", content: "r" };
    const next = [user, { role: "assistant", content }, { role: "user", content: [result] }];
    expect(sent(messagesOf(next))).toContain("proof-of-alias");
  });

  test("where it was translated", () => {
    const read = adapter.readBody(json, answer, chat({}));
    if (!read.ok) throw new Error(read.failure.message);
    const said = JSON.parse(String(read.reply.body)).choices[0].message;
    const next = [user, said, { role: "tool", tool_call_id: "t", content: "r" }];
    expect(sent(chat({ messages: next }))).toContain("proof-of-alias");
  });
});
