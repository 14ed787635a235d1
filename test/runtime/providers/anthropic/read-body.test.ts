import { describe, expect, test } from "vitest";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { readMessagesRequest } from "../../../../src/surface/messages/read-messages-request.ts";
import { chat, head, user } from "../support.ts";

const adapter = adapterFor("anthropic");
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const messages = () => {
  const body = bytesOf(JSON.stringify({ model: "m", max_tokens: 9, messages: [user] }));
  const limits = { maxDepth: 64, maxKeys: 500, maxMessages: 50 };
  const read = readMessagesRequest(body, limits, { counting: false });
  if (!read.ok) throw new Error(read.problem.message);
  return read.request;
};
const counts = {
  input_tokens: 10,
  cache_creation_input_tokens: 3,
  cache_read_input_tokens: 5,
  output_tokens: 1,
};
const usageRead = {
  inputTokens: 18,
  cachedReadTokens: 5,
  cachedWriteTokens: 3,
  outputTokens: 7,
  reasoningTokens: 2,
  estimated: false,
};
const lateCounts = {
  output_tokens: 7,
  input_tokens: null,
  output_tokens_details: { thinking_tokens: 2 },
};

describe("a whole answer", () => {
  const message = (content: object[], stop_reason: string, more: object = {}) =>
    adapter.readBody(
      head({ date: "Wed, 21 Oct 2026 07:28:00 GMT" }),
      bytesOf(
        JSON.stringify({
          id: "msg_1",
          type: "message",
          role: "assistant",
          model: "claude",
          content,
          stop_reason,
          usage: { ...counts, ...lateCounts, input_tokens: 10 },
          ...more,
        }),
      ),
      chat(),
    );
  const completion = (content: object[], stop_reason: string, more: object = {}) => {
    const answer = message(content, stop_reason, more);
    if (!answer.ok) throw new Error(answer.failure.message);
    return { ...answer.reply, body: JSON.parse(String(answer.reply.body)) as object };
  };

  test("becomes a chat completion with OpenAI's arithmetic", () => {
    const thinking = { type: "thinking", thinking: "hm", signature: "s" };
    const { body, usage, finishReason } = completion(
      [thinking, { type: "text", text: "a" }, { type: "text", text: "b" }],
      "end_turn",
    );
    expect(body).toEqual({
      id: "msg_1",
      object: "chat.completion",
      created: Date.UTC(2026, 9, 21, 7, 28) / 1000,
      model: "claude",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "ab",
            refusal: null,
            reasoning_content: "hm",
            reasoning_details: [
              { type: "reasoning.text", text: "hm", signature: "s", model: "claude" },
            ],
          },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: expect.objectContaining({ prompt_tokens: 18, completion_tokens: 7 }) as unknown,
    });
    expect(usage).toEqual({ ...usageRead, model: "claude" });
    expect(finishReason).toBe("stop");
  });

  test("with calls has no content", () => {
    expect(
      completion([{ type: "tool_use", id: "a", name: "f", input: { x: 1 } }], "tool_use").body,
    ).toMatchObject({
      choices: [
        {
          message: {
            content: null,
            tool_calls: [
              { id: "a", type: "function", function: { name: "f", arguments: '{"x":1}' } },
            ],
          },
          finish_reason: "tool_calls",
        },
      ],
    });
  });

  test("with thinking that nobody signed keeps nothing to replay", () => {
    const { body } = completion([{ type: "thinking", thinking: "hm", signature: "" }], "end_turn");
    expect(JSON.stringify(body)).toContain('"reasoning_content":"hm"');
    expect(JSON.stringify(body)).not.toContain("reasoning_details");
  });

  test("that is a refusal says so", () => {
    const more = { stop_details: { type: "refusal", category: "cyber", explanation: "I cannot." } };
    expect(completion([], "refusal", more).body).toMatchObject({
      choices: [
        { message: { content: null, refusal: "I cannot." }, finish_reason: "content_filter" },
      ],
    });
  });
});

test.each(["priority", "standard"])(
  "capacity bought beforehand, as any at the list price, is billed at it: %s",
  (service_tier) => {
    const content = [{ type: "text", text: "a" }];
    const usage = { input_tokens: 1, output_tokens: 1, service_tier };
    const bytes = bytesOf(JSON.stringify({ id: "m", model: "c", content, usage }));
    for (const asked of [chat(), messages()]) {
      const answer = adapter.readBody(head(), bytes, asked);
      expect(answer).toMatchObject({ ok: true, reply: { usage: { inputTokens: 1 } } });
      expect(answer.ok && answer.reply.usage?.tier).toBeUndefined();
    }
  },
);

test("a batch is billed as one", () => {
  const usage = { input_tokens: 1, output_tokens: 1, service_tier: "batch" };
  const bytes = bytesOf(JSON.stringify({ id: "m", model: "c", content: [], usage }));
  for (const asked of [chat(), messages()])
    expect(adapter.readBody(head(), bytes, asked)).toMatchObject({
      reply: { usage: { tier: "batch" } },
    });
});
