import { describe, expect, test } from "vitest";
import { checkChatBody } from "../../../src/protocol/check-chat-body.ts";
import {
  type Conversation,
  noReasoningWish,
  noSampling,
} from "../../../src/protocol/conversation.ts";
import { chatBodyOf } from "../../../src/surface/chat/from-conversation.ts";
import { empty, mark, path } from "./support.ts";

const hi = { model: "m", messages: [{ role: "user", content: "Hi" }] };

describe("a setting becomes a field", () => {
  const schema = { type: "object" };
  test.each<[string, Partial<Conversation>, object]>([
    ["nothing said is nothing sent", {}, {}],
    [
      "a function",
      {
        tools: [
          {
            kind: "function",
            path,
            name: "f",
            description: "d",
            parameters: schema,
            strict: true,
            cache: { ttl: "1h" },
          },
        ],
      },
      {
        tools: [
          {
            type: "function",
            function: { name: "f", description: "d", parameters: schema, strict: true },
            ...mark,
          },
        ],
      },
    ],
    [
      "a custom tool",
      { tools: [{ kind: "custom", path, name: "f", description: null, format: { type: "text" } }] },
      { tools: [{ type: "custom", custom: { name: "f", format: { type: "text" } } }] },
    ],
    [
      "a foreign tool",
      {
        tools: [
          {
            kind: "foreign",
            path,
            dialect: "messages",
            type: "bash_1",
            value: { type: "bash_1", name: "bash" },
          },
        ],
      },
      { tools: [{ type: "bash_1", path, value: { type: "bash_1", name: "bash" } }] },
    ],
    [
      "a foreign tool of a type of this wire",
      {
        tools: [
          { kind: "foreign", path, dialect: "messages", type: "function", value: { function: 3 } },
        ],
      },
      { tools: [{ type: "foreign_function", path, value: { function: 3 } }] },
    ],
    ["a choice", { toolChoice: { kind: "required" } }, { tool_choice: "required" }],
    [
      "a named tool",
      { toolChoice: { kind: "named", name: "f", custom: false } },
      { tool_choice: { type: "function", function: { name: "f" } } },
    ],
    [
      "a named custom tool",
      { toolChoice: { kind: "named", name: "f", custom: true } },
      { tool_choice: { type: "custom", custom: { name: "f" } } },
    ],
    [
      "some tools",
      { toolChoice: { kind: "allowed", mustCall: true, names: ["f"] } },
      {
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: {
            mode: "required",
            tools: [{ type: "function", function: { name: "f" } }],
          },
        },
      },
    ],
    ["calls one by one", { parallelCalls: false }, { parallel_tool_calls: false }],
    ["some JSON", { format: { kind: "object" } }, { response_format: { type: "json_object" } }],
    [
      "a schema without a name",
      { format: { kind: "schema", name: null, description: null, schema, strict: null } },
      { response_format: { type: "json_schema", json_schema: { name: "answer", schema } } },
    ],
    [
      "a schema with all about it",
      { format: { kind: "schema", name: "n", description: "d", schema, strict: false } },
      {
        response_format: {
          type: "json_schema",
          json_schema: { name: "n", description: "d", schema, strict: false },
        },
      },
    ],
    [
      "an effort",
      { reasoning: { ...noReasoningWish, effort: "max", budgetTokens: 1 } },
      { reasoning_effort: "max" },
    ],
    ...(
      [
        [512, "minimal"],
        [1024, "low"],
        [4096, "low"],
        [8192, "medium"],
        [31_999, "high"],
      ] as const
    ).map(([budgetTokens, reasoning_effort]): [string, Partial<Conversation>, object] => [
      `a budget of ${budgetTokens} tokens`,
      { reasoning: { ...noReasoningWish, enabled: true, budgetTokens } },
      { reasoning_effort },
    ]),
    ["thinking switched on", { reasoning: { ...noReasoningWish, enabled: true } }, {}],
    [
      "thinking switched off",
      { reasoning: { ...noReasoningWish, enabled: false } },
      { reasoning_effort: "none" },
    ],
    [
      "sampling",
      {
        sampling: {
          temperature: 0,
          topP: 1,
          topK: 2,
          minP: 0.1,
          presencePenalty: 1,
          frequencyPenalty: 2,
          seed: 3,
          logitBias: { "5": 1 },
          topLogprobs: 2,
        },
      },
      {
        temperature: 0,
        top_p: 1,
        top_k: 2,
        min_p: 0.1,
        presence_penalty: 1,
        frequency_penalty: 2,
        seed: 3,
        logit_bias: { "5": 1 },
        logprobs: true,
        top_logprobs: 2,
      },
    ],
    [
      "logprobs of the chosen tokens alone",
      { sampling: { ...noSampling, topLogprobs: 0 } },
      { logprobs: true },
    ],
    ["a ceiling", { maxTokens: 5 }, { max_completion_tokens: 5 }],
    ["stops", { stops: ["a"] }, { stop: ["a"] }],
    ["choices", { choices: 3 }, { n: 3 }],
    ["a user", { user: "u" }, { user: "u" }],
    [
      "a user with a long name",
      { user: "u".repeat(65) },
      { user: expect.stringMatching(/^user-[0-9a-f]{16}$/) },
    ],
    [
      "the rest",
      {
        verbosity: "low",
        metadata: { a: "b" },
        tier: "flex",
        cacheKey: "k",
        cache: { ttl: null },
        prediction: "p",
        stream: true,
      },
      {
        verbosity: "low",
        metadata: { a: "b" },
        service_tier: "flex",
        prompt_cache_key: "k",
        cache_control: { type: "ephemeral" },
        prediction: { type: "content", content: "p" },
        stream: true,
        stream_options: { include_usage: true },
      },
    ],
  ])("%s", (_name, said, fields) => {
    const body = chatBodyOf({ ...empty, ...said });
    expect(body).toEqual({ ...hi, ...fields });
    expect(checkChatBody(body, 99)).toBeNull();
  });
});
