import { describe, expect, test } from "vitest";
import { hashText } from "../../../../src/base/hash.ts";
import {
  type Conversation,
  noReasoningWish,
  noSampling,
} from "../../../../src/protocol/conversation.ts";
import { least, prepare, type Setting } from "./preparing.ts";

describe("settings", () => {
  test.each<[string, Partial<Conversation>, object, Setting?]>([
    ["a stream", { stream: true }, { stream: true }],
    ["the client's limit", { maxTokens: 50 }, { max_output_tokens: 50 }],
    [
      "the plan's limit",
      { maxTokens: 50 },
      { max_output_tokens: 20 },
      { overrides: { maxTokens: 20 } },
    ],
    [
      "the model's limit",
      { maxTokens: 50 },
      { max_output_tokens: 30 },
      { target: { maxOutputTokens: 30 } },
    ],
    ["no limit but the model's", {}, {}, { target: { maxOutputTokens: 30 } }],
    [
      "sampling",
      { sampling: { ...noSampling, temperature: 0, topP: 0.5 } },
      { temperature: 0, top_p: 0.5 },
    ],
    [
      "sampling that the model refuses",
      { sampling: { ...noSampling, temperature: 0, seed: 3 } },
      {},
      { target: { rejectsSampling: true } },
    ],
    [
      "logprobs",
      { sampling: { ...noSampling, topLogprobs: 2 } },
      { top_logprobs: 2, include: ["message.output_text.logprobs"] },
    ],
    [
      "logprobs of the chosen tokens",
      { sampling: { ...noSampling, topLogprobs: 0 } },
      { include: ["message.output_text.logprobs"] },
    ],
    [
      "an effort",
      { reasoning: { ...noReasoningWish, effort: "high", summary: "auto" } },
      { reasoning: { effort: "high", summary: "auto" } },
    ],
    [
      "an effort that the model refuses",
      { reasoning: { ...noReasoningWish, effort: "high" } },
      {},
      { target: { rejectsEffort: true } },
    ],
    ["a summary that is not wanted", { reasoning: { ...noReasoningWish, summary: "omitted" } }, {}],
    [
      "a budget, for a model that thinks",
      { reasoning: { ...noReasoningWish, budgetTokens: 4000 } },
      { reasoning: { effort: "medium" }, include: ["reasoning.encrypted_content"] },
      { target: { abilities: new Set(["reasoning"]) } },
    ],
    [
      "thinking switched off, for a model that thinks",
      { reasoning: { ...noReasoningWish, enabled: false } },
      { reasoning: { effort: "none" }, include: ["reasoning.encrypted_content"] },
      { target: { abilities: new Set(["reasoning"]) } },
    ],
    [
      "a budget, for a model of which nothing is known",
      { reasoning: { ...noReasoningWish, budgetTokens: 4000 } },
      {},
    ],
    [
      "an object",
      { format: { kind: "object" }, verbosity: "low" },
      { text: { format: { type: "json_object" }, verbosity: "low" } },
    ],
    [
      "a schema",
      {
        format: {
          kind: "schema",
          name: null,
          description: "d",
          schema: { type: "object" },
          strict: true,
        },
      },
      {
        text: {
          format: {
            type: "json_schema",
            name: "answer",
            description: "d",
            schema: { type: "object" },
            strict: true,
          },
        },
      },
    ],
    [
      "who asks, and how",
      { user: "u", tier: "flex", cacheKey: "k", metadata: { a: "b", c: 1 } },
      { safety_identifier: "u", service_tier: "flex", prompt_cache_key: "k", metadata: { a: "b" } },
    ],
    [
      "no more metadata than is taken",
      {
        metadata: {
          long: "x".repeat(513),
          ["k".repeat(65)]: "x",
          ...Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${at}`, "v"])),
        },
      },
      { metadata: Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`k${at}`, "v"])) },
    ],
    [
      "names that are too long",
      { user: "u".repeat(129), cacheKey: "k".repeat(65) },
      { safety_identifier: hashText("u".repeat(129)), prompt_cache_key: hashText("k".repeat(65)) },
    ],
    [
      "what the plan sets",
      { sampling: { ...noSampling, temperature: 2 } },
      {
        temperature: 0,
        top_p: 1,
        reasoning: { effort: "low" },
        text: { verbosity: "high" },
        safety_identifier: "u",
      },
      {
        overrides: {
          set: {
            temperature: 0,
            top_p: 1,
            reasoning_effort: "low",
            verbosity: "high",
            user: "u",
            seed: 3,
            stop: "x",
          },
        },
      },
    ],
  ])("%s", (_name, fields, expected, setting) => {
    expect(prepare(fields, setting)).toEqual({ body: { ...least, ...expected }, failure: null });
  });

  const tools: Conversation["tools"] = [
    {
      kind: "function",
      name: "f",
      description: "d",
      parameters: null,
      strict: null,
      path: "tools[0]",
    },
    {
      kind: "custom",
      name: "g",
      description: null,
      format: { type: "grammar", grammar: { syntax: "lark", definition: "x" } },
      path: "tools[1]",
    },
    {
      kind: "foreign",
      dialect: "responses",
      type: "web_search",
      value: { type: "web_search" },
      path: "tools[2]",
    },
  ];

  test("tools stand flat, and say that they are not strict", () => {
    expect(prepare({ tools, parallelCalls: false }).body).toMatchObject({
      tools: [
        {
          type: "function",
          name: "f",
          description: "d",
          parameters: { type: "object", properties: {} },
          strict: false,
        },
        { type: "custom", name: "g", format: { type: "grammar", syntax: "lark", definition: "x" } },
        { type: "web_search" },
      ],
      parallel_tool_calls: false,
    });
  });

  test.each<[Conversation["toolChoice"], unknown]>([
    [{ kind: "required" }, "required"],
    [
      { kind: "named", name: "f", custom: false },
      { type: "function", name: "f" },
    ],
    [
      { kind: "named", name: "g", custom: true },
      { type: "custom", name: "g" },
    ],
    [
      { kind: "allowed", mustCall: true, names: ["f", "g"] },
      {
        type: "allowed_tools",
        mode: "required",
        tools: [
          { type: "function", name: "f" },
          { type: "custom", name: "g" },
        ],
      },
    ],
  ])("the choice %j", (toolChoice, expected) => {
    expect(prepare({ tools, toolChoice }).body["tool_choice"]).toEqual(expected);
  });

  test("a choice of the provider's own tool goes on, and none without tools", () => {
    const own = { tool_choice: { type: "web_search" } };
    expect(prepare({ tools, foreign: own }).body).toMatchObject(own);
    expect(prepare({ toolChoice: { kind: "required" } }).body).toEqual(least);
  });

  test.each<[string, Conversation["foreign"], object]>([
    [
      "an answer before",
      { previous_response_id: "resp_1" },
      { previous_response_id: "resp_1", store: undefined },
    ],
    ["the wish to store", { store: true }, { store: true }],
    ["further thinking", { reasoning: { mode: "pro" } }, { reasoning: { mode: "pro" } }],
    [
      "what to include",
      { include: ["file_search_call.results"] },
      { include: ["file_search_call.results"] },
    ],
    ["settings of another wire", { modalities: ["text"] }, { modalities: undefined }],
  ])("what is this wire's alone goes on: %s", (_name, own, expected) => {
    const { body } = prepare({ foreign: own });
    for (const [name, value] of Object.entries(expected)) expect(body[name]).toEqual(value);
  });
});
