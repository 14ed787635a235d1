import { describe, expect, test } from "vitest";
import type { Target } from "../../../../src/catalog/target.ts";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { messages } from "../sent-to.ts";
import { chat, provider, target, user } from "../support.ts";

type Sent = Record<string, unknown> & { dropped: readonly string[] };

function sent(
  request: ReturnType<typeof chat>,
  to: Partial<Target>,
  overrides: Overrides = {},
): Sent {
  const made = adapterFor("anthropic").prepare(
    request,
    target(to),
    provider("anthropic"),
    overrides,
  );
  if (!made.ok) throw new Error(made.failure.message);
  const { body, dropped = [] } = made.request;
  return { ...(JSON.parse(Buffer.from(body).toString()) as object), dropped };
}

describe("an answer that the client began", () => {
  const begun = [user, { role: "assistant", content: "Once" }];
  const asked = [
    messages({ max_tokens: 9, messages: begun }),
    chat({ messages: begun as ChatBody["messages"] }),
  ];

  test.each(asked.map((one) => ({ one })))("is refused for a model that takes none", ({ one }) => {
    const to = target({ rejectsPrefill: true });
    expect(adapterFor("anthropic").prepare(one, to, provider("anthropic"), {})).toMatchObject({
      ok: false,
      failure: { param: "messages[1]", status: 400 },
    });
    const out = sent(one, { rejectsPrefill: true }, { dropUnsupported: true });
    expect(out["messages"]).toMatchObject([{ role: "user" }]);
    expect(out.dropped).toEqual(["messages[1]"]);
    expect(sent(one, {})["messages"]).toHaveLength(2);
  });

  test("is not one that the provider paused, nor one of calls", () => {
    const paused = [
      { type: "text", text: "I look" },
      { type: "server_tool_use", id: "s" },
    ];
    const going = [user, { role: "assistant", content: paused }];
    const to = { rejectsPrefill: true };
    expect(sent(messages({ max_tokens: 9, messages: going }), to)["messages"]).toHaveLength(2);
    const calls = [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }];
    const called = chat({ messages: [user, { role: "assistant", tool_calls: calls }] });
    expect(sent(called, to)["messages"]).toHaveLength(3);
  });
});
