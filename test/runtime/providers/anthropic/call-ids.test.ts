import { expect, test } from "vitest";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, provider, target, user } from "../support.ts";

const text = (words: string) => ({ type: "text", text: words });
const call = (id: string, args: string) => ({
  id,
  type: "function",
  function: { name: "f", arguments: args },
});
const result = (id: string, content: string) => ({ role: "tool", tool_call_id: id, content });

function messagesOf(messages: readonly object[]): unknown {
  const asked = chat({ messages: messages as ChatBody["messages"] });
  const made = adapterFor("anthropic").prepare(asked, target(), provider("anthropic"), {});
  if (!made.ok) throw new Error(made.failure.message);
  return JSON.parse(String(made.request.body)).messages;
}

test("calls whose ids fall together are told apart, their results with them", () => {
  const history = [
    user,
    { role: "assistant", tool_calls: [call("call.1", "{}"), call("call_1", "{}")] },
    result("call_1", "of the second"),
    result("call.1", "of the first"),
    { role: "assistant", tool_calls: [call("call_1", "{}"), call("", "{}"), call("", "{}")] },
    result("call_1", "of the third"),
    result("", "of the fourth"),
    result("", "of the fifth"),
    result("call.1", "of none"),
  ];
  const use = (id: string) => ({ type: "tool_use", id });
  const answer = (tool_use_id: string, words: string) => ({
    type: "tool_result",
    tool_use_id,
    content: [text(words)],
  });
  expect(messagesOf(history)).toMatchObject([
    {},
    { content: [use("call_1"), use("call_1_1")] },
    { content: [answer("call_1_1", "of the second"), answer("call_1", "of the first")] },
    { content: [use("call_1_2"), use("call"), use("call_2")] },
    {
      content: [
        answer("call_1_2", "of the third"),
        answer("call", "of the fourth"),
        answer("call_2", "of the fifth"),
        text("(Result of an earlier tool call) of none"),
      ],
    },
  ]);
});
