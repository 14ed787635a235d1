import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChatBody } from "../../../src/protocol/chat-request.ts";
import type { Conversation } from "../../../src/protocol/conversation.ts";
import { chatBodyOf } from "../../../src/surface/chat/from-conversation.ts";
import { chatToConversation } from "../../../src/surface/chat/to-conversation.ts";

const user = { role: "user", content: "Hi" };
const conversationOf = (fields: Partial<ChatBody>): Conversation =>
  chatToConversation({ model: "m", messages: [user], ...fields });
const partsOf = (...messages: object[]) =>
  conversationOf({ messages: messages as unknown as ChatBody["messages"] }).turns.map(
    ({ role, parts }) => [role, parts] as const,
  );

describe("turns", () => {
  test("say who spoke, in order; results of calls are one turn of the user", () => {
    const call = (id: string) => ({
      id,
      type: "function",
      function: { name: "f", arguments: '{"x":1}' },
    });
    expect(
      partsOf(
        { role: "developer", content: "Be brief" },
        user,
        { role: "assistant", content: null, tool_calls: [call("a"), call("b")] },
        { role: "tool", tool_call_id: "a", content: "one" },
        { role: "tool", tool_call_id: "b", content: [{ type: "text", text: "two" }] },
        { role: "user", content: "and?" },
      ),
    ).toMatchObject([
      ["developer", [{ kind: "text", text: "Be brief", path: "messages[0].content" }]],
      ["user", [{ kind: "text", text: "Hi" }]],
      [
        "assistant",
        [
          { kind: "call", id: "a", name: "f", args: '{"x":1}', custom: false },
          { kind: "call", id: "b", path: "messages[2].tool_calls[1]" },
        ],
      ],
      [
        "user",
        [
          { kind: "result", callId: "a", parts: [{ text: "one" }], isError: false },
          { kind: "result", callId: "b", parts: [{ text: "two" }], path: "messages[4]" },
        ],
      ],
      ["user", [{ text: "and?" }]],
    ]);
  });

  test.each<[string, object, object]>([
    [
      "an image by address",
      { type: "image_url", image_url: { url: "https://x.example/a.png", detail: "low" } },
      { kind: "image", source: { kind: "url", url: "https://x.example/a.png" }, detail: "low" },
    ],
    [
      "an image inline, its type in lower case and without parameters",
      { type: "image_url", image_url: { url: "data:image/JPG;charset=x;base64,AAAA" } },
      { kind: "image", source: { kind: "data", mediaType: "image/jpeg", data: "AAAA" } },
    ],
    [
      "a data URL that is not base64, as an address nobody can fetch",
      { type: "image_url", image_url: { url: "data:text/plain,hello" } },
      { kind: "image", source: { kind: "url", url: "data:text/plain,hello" } },
    ],
    [
      "sound",
      { type: "input_audio", input_audio: { data: "AA", format: "wav" } },
      { kind: "audio", data: "AA", format: "wav" },
    ],
    [
      "a file left with the provider",
      { type: "file", file: { file_id: "file-1", filename: "a.pdf" } },
      { kind: "file", source: { kind: "id", id: "file-1" }, name: "a.pdf" },
    ],
    [
      "text with a mark for the cache",
      { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
      { kind: "text", text: "a", cache: { ttl: "1h" } },
    ],
    [
      "what only this wire knows",
      { type: "video_url", video_url: {} },
      { kind: "foreign", dialect: "chat", type: "video_url" },
    ],
  ])("hold %s", (_name, part, expected) => {
    const [said] = partsOf({ role: "user", content: [part] });
    expect(said?.[1]).toMatchObject([{ ...expected, path: "messages[0].content[0]" }]);
  });

  test("hold content beside the text as foreign parts, and other fields of a message beside the parts", () => {
    const messages = [
      { role: "user", content: "a", weight: 1, id: null },
      { role: "assistant", content: "b", audio: { id: "x" }, images: [], prefix: true },
      { role: "tool", tool_call_id: "c", name: "f", content: "d", artifact: 2 },
    ];
    const { turns } = conversationOf({ messages });
    expect(turns).toMatchObject([
      { parts: [{ text: "a" }], foreign: { weight: 1 } },
      {
        parts: [
          { text: "b" },
          { kind: "foreign", dialect: "chat", type: "audio", path: "messages[1].audio" },
        ],
        foreign: { prefix: true },
      },
      { parts: [{ kind: "result", foreign: { artifact: 2 } }] },
    ]);
    expect(turns.map(({ foreign }) => Object.keys(foreign ?? {}))).toEqual([
      ["weight"],
      ["prefix"],
      [],
    ]);
  });

  test("hold thinking with its proof, and plain thinking only where there is no proof", () => {
    const signed = { type: "reasoning.text", text: "hm", signature: "s", model: "m1" };
    expect(
      partsOf({
        role: "assistant",
        content: "a",
        reasoning_content: "hm",
        reasoning_details: [signed],
      }),
    ).toMatchObject([
      [
        "assistant",
        [
          { kind: "reasoning", reasoning: { text: "hm", signature: "s", model: "m1" } },
          { kind: "text", text: "a" },
        ],
      ],
    ]);
    expect(partsOf({ role: "assistant", content: "a", reasoning: "hm" })).toMatchObject([
      ["assistant", [{ reasoning: { text: "hm", signature: null, model: null } }, { text: "a" }]],
    ]);
  });
});

test.each<[string, Partial<ChatBody>, object]>([
  ["effort", { reasoning_effort: "high" }, { reasoning: { effort: "high", enabled: null } }],
  [
    "thinking as one maker asks for it",
    { thinking: { type: "enabled", budget_tokens: 2048 } },
    { reasoning: { budgetTokens: 2048, enabled: true } },
  ],
  [
    "thinking as relays ask for it",
    { reasoning: { effort: "low", enabled: false } },
    { reasoning: { effort: "low", enabled: false } },
  ],
  ["one stop", { stop: "END" }, { stops: ["END"] }],
  ["the newer limit", { max_tokens: 5, max_completion_tokens: 6 }, { maxTokens: 6 }],
  ["likelihoods", { logprobs: true, top_logprobs: 3 }, { sampling: { topLogprobs: 3 } }],
  ["no likelihoods", { top_logprobs: 3 }, { sampling: { topLogprobs: null } }],
  [
    "some of the tools",
    {
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "f" } }] },
      },
    },
    { toolChoice: { kind: "allowed", mustCall: true, names: ["f"] } },
  ],
  [
    "a schema",
    { response_format: { type: "json_schema", json_schema: { name: "s", strict: true } } },
    { format: { kind: "schema", name: "s", schema: { type: "object" }, strict: true } },
  ],
  [
    "what the answer will repeat",
    { prediction: { type: "content", content: [{ type: "text", text: "a" }, { text: "b" }] } },
    { prediction: "ab" },
  ],
  [
    "what it has no place for",
    { moderation: { model: "x" } },
    { foreign: { moderation: { model: "x" } } },
  ],
])("a conversation tells %s", (_name, fields, expected) => {
  expect(conversationOf(fields)).toMatchObject(expected);
});

const words = fc.string({ minLength: 1, maxLength: 12 });
const textPart = words.map((text) => ({ type: "text", text }));
const message = fc.oneof(
  fc.record({ role: fc.constantFrom("system", "developer", "user"), content: words }),
  fc.record({
    role: fc.constant("user"),
    content: fc.array(textPart, { minLength: 2, maxLength: 3 }),
  }),
  fc.record({
    role: fc.constant("assistant"),
    content: words,
    tool_calls: fc.array(
      fc.record({
        id: fc.uuid(),
        type: fc.constant("function"),
        function: fc.record({ name: words, arguments: fc.json() }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  }),
  fc.record({ role: fc.constant("tool"), tool_call_id: fc.uuid(), content: words }),
);
const body = fc.record(
  {
    model: words,
    messages: fc.array(message, { minLength: 1, maxLength: 6 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    max_completion_tokens: fc.integer({ min: 1, max: 9999 }),
    stop: fc.array(words, { minLength: 1, maxLength: 3 }),
    parallel_tool_calls: fc.boolean(),
    reasoning_effort: fc.constantFrom("low", "high"),
    user: words,
    n: fc.integer({ min: 2, max: 5 }),
    seed: fc.integer(),
  },
  { requiredKeys: ["model", "messages"] },
);

test("a chat body that a conversation can say comes back from it as it was", () => {
  fc.assert(
    fc.property(body, (given) => {
      const asked = given as unknown as ChatBody;
      expect(chatBodyOf(chatToConversation(asked))).toEqual(asked);
    }),
  );
});
