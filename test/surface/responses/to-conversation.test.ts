import { describe, expect, test } from "vitest";
import type { Fields } from "../../../src/protocol/conversation.ts";
import { asked } from "./support.ts";

const read = (fields: Fields) => asked(fields).conversation();
const turnsOf = (input: unknown) => read({ input }).turns;
const mark = { mode: "explicit", ttl: "12h" };

describe("input becomes turns", () => {
  test("a string is what the user said, behind the instructions", () => {
    expect(read({ instructions: "Be brief" }).turns).toEqual([
      {
        role: "system",
        name: null,
        path: "instructions",
        parts: [{ kind: "text", text: "Be brief", path: "instructions" }],
      },
      {
        role: "user",
        name: null,
        path: "input",
        parts: [{ kind: "text", text: "Hi", path: "input" }],
      },
    ]);
  });

  test.each<[string, Fields, Fields]>([
    ["text", { type: "input_text", text: "a" }, { kind: "text", text: "a" }],
    [
      "text with a mark for the cache",
      { type: "input_text", text: "a", prompt_cache_breakpoint: mark },
      { kind: "text", text: "a", cache: { ttl: "12h" } },
    ],
    [
      "an image's address",
      { type: "input_image", image_url: "https://x/y.png", detail: "low" },
      { kind: "image", source: { kind: "url", url: "https://x/y.png" }, detail: "low" },
    ],
    [
      "an image's bytes",
      { type: "input_image", image_url: "data:image/JPG;base64,AA==" },
      {
        kind: "image",
        source: { kind: "data", mediaType: "image/jpeg", data: "AA==" },
        detail: null,
      },
    ],
    [
      "an image's id",
      { type: "input_image", file_id: "f" },
      { kind: "image", source: { kind: "id", id: "f" }, detail: null },
    ],
    [
      "a file's bytes",
      { type: "input_file", filename: "a.csv", file_data: "AA==" },
      {
        kind: "file",
        source: { kind: "data", mediaType: "text/csv", data: "AA==" },
        name: "a.csv",
        context: null,
        cites: false,
      },
    ],
    [
      "a file's bytes with their type",
      { type: "input_file", file_data: "data:application/pdf;base64,AA==" },
      {
        kind: "file",
        source: { kind: "data", mediaType: "application/pdf", data: "AA==" },
        name: null,
        context: null,
        cites: false,
      },
    ],
    [
      "a file's address",
      { type: "input_file", file_url: "https://x/y.pdf" },
      {
        kind: "file",
        source: { kind: "url", url: "https://x/y.pdf" },
        name: null,
        context: null,
        cites: false,
      },
    ],
    [
      "what is newer than this code",
      { type: "input_smell", scent: "rose" },
      {
        kind: "foreign",
        dialect: "responses",
        type: "input_smell",
        value: { type: "input_smell", scent: "rose" },
      },
    ],
  ])("a message's part: %s", (_name, part, expected) => {
    expect(turnsOf([{ role: "user", content: [part] }])).toEqual([
      {
        role: "user",
        name: null,
        path: "input[0]",
        parts: [{ ...expected, path: "input[0].content[0]" }],
      },
    ]);
  });

  test("what the model said, thought and called is one turn, and so are the results", () => {
    const [user, said, results, next] = turnsOf([
      { role: "user", content: "Weather?" },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [
          { type: "summary_text", text: "a" },
          { type: "summary_text", text: "b" },
        ],
        encrypted_content: "xyz",
      },
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", text: "I look", annotations: [{ type: "url_citation" }] },
          { type: "refusal", refusal: "no" },
        ],
      },
      { type: "function_call", id: "fc_1", call_id: "c1", name: "f", arguments: "{" },
      { type: "custom_tool_call", call_id: "c2", name: "g", input: "x = 1" },
      { type: "function_call_output", call_id: "c1", output: "sunny" },
      {
        type: "custom_tool_call_output",
        call_id: "c2",
        output: [{ type: "input_image", file_id: "f" }],
      },
      { role: "user", content: "Thanks" },
    ]);
    expect(user?.role).toBe("user");
    expect(said).toMatchObject({ role: "assistant", path: "input[1]" });
    expect(said?.parts).toEqual([
      {
        kind: "reasoning",
        path: "input[1]",
        reasoning: {
          text: "a\n\nb",
          summary: true,
          signature: null,
          encrypted: "xyz",
          id: "rs_1",
          model: null,
        },
      },
      {
        kind: "text",
        text: "I look",
        citations: [{ type: "url_citation" }],
        path: "input[2].content[0]",
      },
      { kind: "refusal", text: "no", path: "input[2].content[1]" },
      {
        kind: "call",
        id: "c1",
        name: "f",
        args: "{",
        custom: false,
        signature: null,
        path: "input[3]",
      },
      {
        kind: "call",
        id: "c2",
        name: "g",
        args: "x = 1",
        custom: true,
        signature: null,
        path: "input[4]",
      },
    ]);
    expect(results).toEqual({
      role: "user",
      name: null,
      path: "input[5]",
      parts: [
        {
          kind: "result",
          callId: "c1",
          isError: false,
          path: "input[5]",
          parts: [{ kind: "text", text: "sunny", path: "input[5].output" }],
        },
        {
          kind: "result",
          callId: "c2",
          isError: false,
          path: "input[6]",
          parts: [
            {
              kind: "image",
              source: { kind: "id", id: "f" },
              detail: null,
              path: "input[6].output[0]",
            },
          ],
        },
      ],
    });
    expect(next).toMatchObject({ role: "user", path: "input[7]" });
  });

  test("open thinking is no summary", () => {
    const item = {
      type: "reasoning",
      id: "rs_1",
      summary: [],
      content: [{ type: "reasoning_text", text: "hm" }],
    };
    expect(turnsOf([item])[0]?.parts[0]).toMatchObject({
      reasoning: { text: "hm", summary: false, encrypted: null },
    });
  });

  test("messages of the user and of the system stay apart", () => {
    const input = [
      { role: "user", content: "a" },
      { role: "user", content: "b" },
      { role: "developer", content: "c" },
      { role: "system", content: "d" },
    ];
    expect(turnsOf(input).map((turn) => turn.role)).toEqual([
      "user",
      "user",
      "developer",
      "system",
    ]);
  });

  test("items of the provider's own are turns of their own, and are not lost", () => {
    const search = { type: "web_search_call", id: "ws_1" };
    const output = { type: "shell_call_output", call_id: "s" };
    const turns = turnsOf([
      { role: "assistant", content: "a" },
      search,
      { role: "assistant", content: "b" },
      output,
    ]);
    expect(turns.map((turn) => [turn.role, turn.path])).toEqual([
      ["assistant", "input[0]"],
      ["assistant", "input[1]"],
      ["assistant", "input[2]"],
      ["user", "input[3]"],
    ]);
    expect(turns[1]?.parts).toEqual([
      {
        kind: "foreign",
        dialect: "responses",
        type: "web_search_call",
        value: search,
        path: "input[1]",
      },
    ]);
  });
});

describe("settings", () => {
  test("nothing said is null everywhere", () => {
    expect(read({})).toMatchObject({
      model: "m",
      tools: [],
      toolChoice: null,
      parallelCalls: null,
      format: { kind: "text" },
      verbosity: null,
      reasoning: { effort: null, budgetTokens: null, enabled: null, summary: null },
      maxTokens: null,
      stops: [],
      choices: 1,
      user: null,
      metadata: null,
      tier: null,
      cacheKey: null,
      stream: false,
      foreign: {},
    });
  });

  test.each<[string, Fields, Fields]>([
    [
      "limits and sampling",
      { max_output_tokens: 9, temperature: 0, top_p: 1, top_logprobs: 2 },
      { maxTokens: 9, sampling: { temperature: 0, topP: 1, topLogprobs: 2 } },
    ],
    [
      "logprobs by include",
      { include: ["message.output_text.logprobs"] },
      { sampling: { topLogprobs: 0 }, foreign: { include: ["message.output_text.logprobs"] } },
    ],
    [
      "thinking",
      { reasoning: { effort: "high", summary: "auto" } },
      { reasoning: { effort: "high", summary: "auto" }, foreign: {} },
    ],
    [
      "thinking of this wire alone",
      { reasoning: { effort: "low", mode: "pro" } },
      { reasoning: { effort: "low" }, foreign: { reasoning: { mode: "pro" } } },
    ],
    [
      "an object",
      { text: { format: { type: "json_object" }, verbosity: "low" } },
      { format: { kind: "object" }, verbosity: "low" },
    ],
    [
      "a schema",
      {
        text: {
          format: {
            type: "json_schema",
            name: "s",
            schema: { type: "object" },
            strict: true,
            description: "d",
          },
        },
      },
      {
        format: {
          kind: "schema",
          name: "s",
          schema: { type: "object" },
          strict: true,
          description: "d",
        },
      },
    ],
    [
      "a format of tomorrow",
      { text: { format: { type: "grammar" } } },
      { format: { kind: "text" }, foreign: { text: { format: { type: "grammar" } } } },
    ],
    [
      "tiers, keys, users",
      { service_tier: "flex", prompt_cache_key: "k", safety_identifier: "s", user: "u" },
      { tier: "flex", cacheKey: "k", user: "s" },
    ],
    ["an older user", { user: "u" }, { user: "u" }],
    [
      "metadata, streams, calls at once",
      { metadata: { a: "b" }, stream: true, parallel_tool_calls: false },
      { metadata: { a: "b" }, stream: true, parallelCalls: false },
    ],
    ["auto", { tool_choice: "auto" }, { toolChoice: { kind: "auto" } }],
    ["none", { tool_choice: "none" }, { toolChoice: { kind: "none" } }],
    ["required", { tool_choice: "required" }, { toolChoice: { kind: "required" } }],
    [
      "a function",
      { tool_choice: { type: "function", name: "f" } },
      { toolChoice: { kind: "named", name: "f", custom: false } },
    ],
    [
      "a custom tool",
      { tool_choice: { type: "custom", name: "g" } },
      { toolChoice: { kind: "named", name: "g", custom: true } },
    ],
    [
      "some tools",
      {
        tool_choice: {
          type: "allowed_tools",
          mode: "required",
          tools: [{ type: "function", name: "f" }],
        },
      },
      { toolChoice: { kind: "allowed", mustCall: true, names: ["f"] } },
    ],
    [
      "a tool of the provider's",
      { tool_choice: { type: "web_search" } },
      { toolChoice: null, foreign: { tool_choice: { type: "web_search" } } },
    ],
    [
      "state that the provider keeps",
      {
        previous_response_id: "resp_1",
        store: true,
        background: true,
        prompt: { id: "p" },
        conversation: "c",
      },
      {
        foreign: {
          previous_response_id: "resp_1",
          store: true,
          background: true,
          prompt: { id: "p" },
          conversation: "c",
        },
      },
    ],
    [
      "what stands at its default",
      { background: false, truncation: "disabled", previous_response_id: null },
      { foreign: {} },
    ],
  ])("%s", (_name, fields, expected) => {
    const conversation = read(fields);
    expect(conversation).toMatchObject(expected);
    if (expected["foreign"] !== undefined)
      expect(conversation.foreign).toEqual(expected["foreign"]);
  });

  test("tools", () => {
    const parameters = { type: "object" };
    const search = { type: "web_search", filters: {} };
    const tools = [
      { type: "function", name: "f", description: "d", parameters, strict: true },
      { type: "custom", name: "g", format: { type: "text" } },
      search,
    ];
    expect(read({ tools }).tools).toEqual([
      { kind: "function", name: "f", description: "d", parameters, strict: true, path: "tools[0]" },
      { kind: "custom", name: "g", description: null, format: { type: "text" }, path: "tools[1]" },
      {
        kind: "foreign",
        dialect: "responses",
        type: "web_search",
        value: search,
        path: "tools[2]",
      },
    ]);
  });
});
