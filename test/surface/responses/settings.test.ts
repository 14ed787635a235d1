import { describe, expect, test } from "vitest";
import type { Fields } from "../../../src/protocol/conversation.ts";
import { asked } from "./support.ts";

const read = (fields: Fields) => asked(fields).conversation();

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
      "some tools, the provider's own among them",
      { tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "web_search" }] } },
      {
        toolChoice: null,
        foreign: {
          tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "web_search" }] },
        },
      },
    ],
    [
      "state that the provider keeps",
      {
        previous_response_id: "resp_1",
        store: true,
        prompt: { id: "p" },
        conversation: "c",
      },
      {
        foreign: {
          previous_response_id: "resp_1",
          store: true,
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
