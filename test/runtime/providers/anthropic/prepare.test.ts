import { describe, expect, test } from "vitest";
import type { Target } from "../../../../src/catalog/target.ts";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, provider, target, user } from "../support.ts";

function made(body: Partial<ChatBody>, to: Partial<Target> = {}, overrides: Overrides = {}) {
  return adapterFor("anthropic").prepare(chat(body), target(to), provider("anthropic"), overrides);
}

function sent(
  body: Partial<ChatBody>,
  to: Partial<Target> = {},
  overrides: Overrides = {},
): Record<string, unknown> {
  const result = made(body, to, overrides);
  if (!result.ok) throw new Error(result.failure.message);
  return JSON.parse(String(result.request.body)) as Record<string, unknown>;
}

const text = (words: string) => ({ type: "text", text: words });
const call = (id: string, args: string, name = "f") => ({
  id,
  type: "function",
  function: { name, arguments: args },
});
const result = (id: string, content = "r") => ({ role: "tool", tool_call_id: id, content });

test("the head has the version and the key, and the path fits either form of the URL", () => {
  for (const url of ["https://api.anthropic.com", "https://api.anthropic.com/v1"]) {
    const built = adapterFor("anthropic").prepare(
      chat(),
      target(),
      provider("anthropic", { url }),
      {},
    );
    expect(built).toMatchObject({ ok: true, request: { path: "/v1/messages" } });
    expect(built.ok && built.request.headers.join("|")).toContain(
      "anthropic-version|2023-06-01|x-api-key|sk-1",
    );
  }
});

describe("fields", () => {
  test.each<[string, Partial<ChatBody>, object, Partial<Target>?, Overrides?]>([
    [
      "a plain question",
      {},
      {
        model: "upstream-model",
        max_tokens: 8192,
        messages: [{ role: "user", content: [text("Hi")] }],
      },
    ],
    [
      "a stream",
      { stream: true, stream_options: { include_usage: true } },
      { stream: true, stream_options: undefined },
    ],
    ["the client's limit", { max_tokens: 5 }, { max_tokens: 5 }],
    [
      "the newer limit before the older",
      { max_tokens: 5, max_completion_tokens: 6 },
      { max_tokens: 6 },
    ],
    ["the plan's ceiling", { max_tokens: 50 }, { max_tokens: 9 }, {}, { maxTokens: 9 }],
    ["the model's own limit", {}, { max_tokens: 4096 }, { maxOutputTokens: 4096 }],
    ["temperature clamped, not scaled", { temperature: 1.7 }, { temperature: 1 }],
    [
      "one knob of the two",
      { temperature: 0.3, top_p: 0.9 },
      { temperature: 0.3, top_p: undefined },
    ],
    [
      "no sampling where it is rejected",
      { temperature: 0.3, top_p: 0.9, top_k: 4 },
      { temperature: undefined, top_p: undefined, top_k: undefined },
      { rejectsSampling: true },
    ],
    [
      "a setting of the plan",
      { temperature: 0.3 },
      { temperature: 0 },
      {},
      { set: { temperature: 0 } },
    ],
    [
      "the plan's top_p in place of the client's temperature",
      { temperature: 0.5 },
      { top_p: 0.9, temperature: undefined },
      {},
      { set: { top_p: 0.9 } },
    ],
    ["one stop", { stop: "END" }, { stop_sequences: ["END"] }],
    ["stops without the empty ones", { stop: ["a", ""] }, { stop_sequences: ["a"] }],
    ["no stop", { stop: "" }, { stop_sequences: undefined }],
    ["the user", { user: "u1" }, { metadata: { user_id: "u1" } }],
    [
      "the user in the metadata",
      { metadata: { user_id: "u2", team: "x" } },
      { metadata: { user_id: "u2" } },
    ],
    ["effort", { reasoning_effort: "minimal" }, { output_config: { effort: "low" } }],
    [
      "a schema",
      {
        response_format: {
          type: "json_schema",
          json_schema: { name: "s", schema: { type: "object" } },
        },
      },
      { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
    ],
    [
      "some JSON",
      { response_format: { type: "json_object" } },
      { system: "Answer with one JSON object and nothing else, without code fences." },
    ],
    [
      "penalties and seed left out",
      { presence_penalty: 1, seed: 4, logit_bias: {} },
      { presence_penalty: undefined, seed: undefined, logit_bias: undefined },
    ],
    ["the tier", { service_tier: "default" }, { service_tier: "standard_only" }],
    [
      "a cache mark of the whole",
      { cache_control: { type: "ephemeral" } },
      { cache_control: { type: "ephemeral" } },
    ],
    [
      "thinking as the client asks",
      { thinking: { type: "adaptive" } },
      { thinking: { type: "adaptive" } },
    ],
    [
      "room for an answer beside a budget of thinking, and no sampling with it",
      { thinking: { type: "enabled", budget_tokens: 9000 }, temperature: 0.3, top_p: 0.5 },
      { max_tokens: 8192 + 9000, temperature: undefined, top_p: undefined },
    ],
    [
      "a limit that leaves room already",
      { thinking: { type: "enabled", budget_tokens: 2000 }, max_tokens: 2001 },
      { max_tokens: 2001 },
    ],
    [
      "sampling without thinking",
      { thinking: { type: "disabled" }, temperature: 0.3 },
      { temperature: 0.3 },
    ],
  ])("%s", (_name, ...[body, expected, to, overrides]) => {
    const out = sent(body, to, overrides);
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, out[name]]))).toEqual(
      expected,
    );
  });
});

describe("messages", () => {
  const turns = (messages: readonly object[]) =>
    sent({ messages: messages as ChatBody["messages"] });

  test("system text is hoisted from wherever it stands", () => {
    expect(
      turns([{ role: "system", content: "a" }, user, { role: "developer", content: "b" }]),
    ).toMatchObject({
      system: "a\n\nb",
      messages: [{ role: "user", content: [text("Hi")] }],
    });
  });

  test("system text with a cache mark stays in blocks", () => {
    const marked = { ...text("a"), cache_control: { type: "ephemeral" } };
    expect(turns([{ role: "system", content: [marked] }, user])["system"]).toEqual([marked]);
  });

  test("turns of one role are merged, and blank text is dropped", () => {
    expect(
      turns([
        user,
        { role: "user", content: "" },
        { role: "user", content: [text("there"), text(""), text(" \n\t")] },
        { role: "assistant", content: "\n\n" },
      ])["messages"],
    ).toEqual([{ role: "user", content: [text("Hi"), text("there")] }]);
  });

  test("a conversation that begins with the assistant gets a user's turn before it", () => {
    expect(turns([{ role: "assistant", content: "a" }, user])["messages"]).toMatchObject([
      { role: "user" },
      { role: "assistant" },
      { role: "user" },
    ]);
    expect(turns([{ role: "system", content: "only" }])).toEqual(
      expect.objectContaining({ messages: [{ role: "user", content: [text("only")] }] }),
    );
  });

  test("an answer begun by the client stays last", () => {
    expect(turns([user, { role: "assistant", content: "Once" }])["messages"]).toEqual([
      { role: "user", content: [text("Hi")] },
      { role: "assistant", content: [text("Once")] },
    ]);
  });

  test("images and files become blocks", () => {
    const parts = [
      { type: "image_url", image_url: { url: "data:image/jpg;charset=x;base64,AAAA" } },
      { type: "image_url", image_url: { url: "https://x.example/y.png" } },
      { type: "file", file: { file_data: "data:application/pdf;base64,JVBE", filename: "a.pdf" } },
      { type: "file", file: { file_data: "data:text/plain;base64,aMOp" } },
      { ...text("see"), cache_control: { type: "ephemeral" } },
    ];
    expect(turns([{ role: "user", content: parts }])["messages"]).toEqual([
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/jpeg", data: "AAAA" } },
          { type: "image", source: { type: "url", url: "https://x.example/y.png" } },
          {
            type: "document",
            source: { type: "base64", media_type: "application/pdf", data: "JVBE" },
            title: "a.pdf",
          },
          { type: "document", source: { type: "text", media_type: "text/plain", data: "hé" } },
          { ...text("see"), cache_control: { type: "ephemeral" } },
        ],
      },
    ]);
  });

  test("all results of one turn of calls go into one user turn, before its text", () => {
    const history = [
      user,
      { role: "assistant", content: null, tool_calls: [call("a", '{"x":1}'), call("b", "")] },
      result("a"),
      result("b", ""),
      { role: "user", content: "and?" },
    ];
    expect(turns(history)["messages"]).toEqual([
      { role: "user", content: [text("Hi")] },
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "a", name: "f", input: { x: 1 } },
          { type: "tool_use", id: "b", name: "f", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "a", content: [text("r")] },
          { type: "tool_result", tool_use_id: "b" },
          text("and?"),
        ],
      },
    ]);
  });

  test("arguments that are no JSON object are kept raw, and foreign ids made to fit", () => {
    const history = [
      user,
      { role: "assistant", tool_calls: [call("call:1", '{"x":'), call("c2", "[1]")] },
      result("call:1"),
      result("c2"),
    ];
    expect(turns(history)["messages"]).toMatchObject([
      {},
      {
        content: [
          { id: "call_1", input: { _raw: '{"x":' } },
          { id: "c2", input: { _raw: "[1]" } },
        ],
      },
      { content: [{ tool_use_id: "call_1" }, { tool_use_id: "c2" }] },
    ]);
  });

  test("calls without a result get one that says so, results without a call become text", () => {
    const history = [
      result("z", "old"),
      { role: "assistant", tool_calls: [call("a", "{}"), call("b", "{}")] },
      result("b"),
      result("c", "stray"),
    ];
    expect(turns(history)["messages"]).toMatchObject([
      { role: "user", content: [{ type: "text", text: "(Result of an earlier tool call) old" }] },
      {},
      {
        content: [
          { tool_use_id: "b" },
          { tool_use_id: "a", is_error: true },
          { type: "text", text: "(Result of an earlier tool call) stray" },
        ],
      },
    ]);
    expect(
      turns([user, { role: "assistant", tool_calls: [call("a", "{}")] }])["messages"],
    ).toMatchObject([{}, {}, { role: "user", content: [{ tool_use_id: "a", is_error: true }] }]);
  });

  test("of two results for one call the first stays, the other becomes text", () => {
    const messages = [
      user,
      { role: "assistant", content: null, tool_calls: [call("a", "{}")] },
      result("a", "one"),
      result("a", "two"),
    ];
    expect((sent({ messages })["messages"] as unknown[]).at(-1)).toEqual({
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "a", content: [text("one")] },
        text("(Result of an earlier tool call) two"),
      ],
    });
  });

  test("thinking is replayed to the model that signed it, and to no other", () => {
    const details = [
      { type: "reasoning.text", text: "hm", signature: "s", model: "upstream-model" },
      { type: "reasoning.encrypted", data: "d", model: "upstream-model" },
    ];
    const history = [
      user,
      { role: "assistant", content: "a", reasoning_content: "hm", reasoning_details: details },
      user,
    ];
    expect(turns(history)["messages"]).toMatchObject([
      {},
      {
        content: [
          { type: "thinking", thinking: "hm", signature: "s" },
          { type: "redacted_thinking", data: "d" },
          text("a"),
        ],
      },
      {},
    ]);
    expect(sent({ messages: history }, { model: "other" })["messages"]).toMatchObject([
      {},
      { content: [text("a")] },
      {},
    ]);
  });
});

test.each<[string, Partial<ChatBody>]>([
  ["n", { n: 2 }],
  ["functions", { functions: [{ name: "f" }] }],
  ["tools[0].type", { tools: [{ type: "custom" }] }],
  ["logprobs", { logprobs: true }],
  [
    "messages[0].content[0]",
    {
      messages: [
        {
          role: "user",
          content: [{ type: "input_audio", input_audio: { data: "", format: "wav" } }],
        },
      ],
    },
  ],
  [
    "messages[0].content[0]",
    {
      messages: [
        {
          role: "user",
          content: [{ type: "image_url", image_url: { url: "data:image/tiff;base64,AA" } }],
        },
      ],
    },
  ],
  [
    "messages[0].content[0]",
    {
      messages: [
        {
          role: "user",
          content: [{ type: "file", file: { file_data: "data:application/zip;base64,AA" } }],
        },
      ],
    },
  ],
])("what cannot be said is refused before an attempt, and named: %s", (param, body) => {
  expect(made(body)).toMatchObject({
    ok: false,
    failure: { cause: "unavailable", retrySame: false, status: 400, param },
  });
});
