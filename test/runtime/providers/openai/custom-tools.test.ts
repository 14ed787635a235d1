import { describe, expect, test } from "vitest";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import { responses, type Sent, sentTo } from "../sent-to.ts";
import { chat } from "../support.ts";

describe("custom tools over chat completions", () => {
  const grammar = { type: "grammar", syntax: "lark", definition: "start: x" };
  const tools = [
    { type: "custom", name: "patch", format: grammar },
    { type: "function", name: "f", parameters: {} },
  ];
  const asked = responses({ tools, tool_choice: { type: "custom", name: "patch" } });

  test("are given with their grammar nested where the host takes them", () => {
    const { body } = sentTo("openrouter", asked);
    const nested = { type: "grammar", grammar: { syntax: "lark", definition: "start: x" } };
    expect(body["tools"]).toMatchObject([{ custom: { name: "patch", format: nested } }, {}]);
  });

  test("are refused by name where it does not, and dropped with the choice of them", () => {
    const { refused } = sentTo("vllm", asked);
    expect(refused?.param).toBe("tools[0]");
    expect(refused?.message).toContain("'patch'");
    const { body } = sentTo("vllm", asked, { drops: true });
    expect(body["tools"]).toMatchObject([{ type: "function" }]);
    expect(body).not.toHaveProperty("tool_choice");
  });
});

describe("tools of free text at hosts that know functions alone", () => {
  const hosts = ["mistral", "deepseek", "qwen", "vllm", "sglang", "ollama"] as const;
  const knowing = ["openai", "openrouter", "openai-compatible"] as const;
  const call = { id: "call_0001", type: "custom", custom: { name: "patch", input: 'say "a"' } };
  const result = { role: "tool", tool_call_id: "call_0001", content: "x" };
  const assistant = { role: "assistant", content: "", tool_calls: [call] };
  const history = [{ role: "user", content: "go" }, assistant, result];
  const tool = { type: "custom", custom: { name: "patch" } };
  const other = { type: "function", function: { name: "f" } };
  const tools = [other, tool] as unknown as NonNullable<ChatBody["tools"]>;
  const tool_choice = { type: "custom", custom: { name: "patch" } };

  const input = [
    { type: "custom_tool_call", call_id: "call_0001", name: "patch", input: 'say "a"' },
    { type: "custom_tool_call_output", call_id: "call_0001", output: "x" },
    { role: "user", content: "go" },
  ];
  const callsIn = ({ body }: Sent) =>
    (body["messages"] as readonly { readonly tool_calls?: readonly object[] }[]).flatMap(
      (message) => message.tool_calls ?? [],
    );
  const asFunction = {
    id: expect.any(String),
    type: "function",
    function: { name: "patch", arguments: '{"input":"say \\"a\\""}' },
  };

  test.each(hosts)("earlier calls reach %s as calls of functions", (kind) => {
    expect(callsIn(sentTo(kind, chat({ messages: history })))).toEqual([asFunction]);
    expect(callsIn(sentTo(kind, responses({ input })))).toEqual([asFunction]);
    const given = responses({ input, tools: [{ type: "custom", name: "patch" }] });
    const dropping = sentTo(kind, given, { drops: true });
    expect(dropping.dropped).toEqual(["tools[0]"]);
    expect(callsIn(dropping)).toEqual([asFunction]);
  });

  test("earlier calls of Responses stay what they are where the host knows them", () => {
    expect(callsIn(sentTo("openrouter", responses({ input })))).toEqual([call]);
  });

  test.each(knowing)("earlier calls stay what they are at %s", (kind) => {
    expect(callsIn(sentTo(kind, chat({ messages: history })))).toEqual([call]);
  });

  test.each(hosts)("those of a chat client are refused by name, or dropped, at %s", (kind) => {
    const asked = chat({ tools, tool_choice });
    const { refused } = sentTo(kind, asked);
    expect(refused?.param).toBe("tools[1]");
    expect(refused?.message).toContain("'patch'");
    const { body, dropped } = sentTo(kind, asked, { drops: true });
    expect(dropped).toEqual(["tools[1]"]);
    expect(body["tools"]).toEqual([other]);
    expect(body).not.toHaveProperty("tool_choice");
    const alone = sentTo(kind, chat({ tools: [tools[1] as never], tool_choice }), { drops: true });
    expect(Object.keys(alone.body).toSorted()).toEqual(["messages", "model"]);
  });

  test.each(knowing)("those of a chat client reach %s", (kind) => {
    const { body, dropped } = sentTo(kind, chat({ tools, tool_choice }));
    expect({ tools: body["tools"], dropped }).toEqual({ tools, dropped: [] });
  });

  test("other tools and contents of a chat client stay, whatever they hold", () => {
    const odd = { type: "house", path: "a" } as never;
    const content = [{ type: "clip", path: "b" }] as never;
    const asked = chat({ tools: [odd, tools[1] as never], messages: [{ role: "user", content }] });
    const { body } = sentTo("vllm", asked, { drops: true });
    expect(body).toMatchObject({ tools: [odd], messages: [{ content }] });
  });
});
