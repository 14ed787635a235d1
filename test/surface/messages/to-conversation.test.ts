import { describe, expect, test } from "vitest";
import type { Fields } from "../../../src/protocol/conversation.ts";
import { least, requestOf } from "./support.ts";

const conversationOf = (body: Fields) => requestOf({ ...least, ...body }).conversation();
const short = { type: "ephemeral" };
const long = { type: "ephemeral", ttl: "1h" };

describe("system text", () => {
  test.each<[string, unknown, unknown[]]>([
    ["a string", "s", [{ kind: "text", path: "system", text: "s" }]],
    [
      "blocks",
      [
        { type: "text", text: "s" },
        { type: "text", text: "t", cache_control: long },
      ],
      [
        { kind: "text", path: "system[0]", text: "s" },
        { kind: "text", path: "system[1]", text: "t", cache: { ttl: "1h" } },
      ],
    ],
  ])("from %s opens the conversation", (_name, system, parts) => {
    expect(conversationOf({ system }).turns[0]).toEqual({
      role: "system",
      name: null,
      path: "system",
      parts,
    });
  });

  test.each([[""], [[]], [null]])("%j is none", (system) => {
    expect(conversationOf({ system }).turns).toHaveLength(1);
  });

  test("stays where it was said in the middle", () => {
    const messages = [
      { role: "user", content: "a" },
      { role: "system", content: "b" },
      { role: "assistant", content: "c" },
    ];
    expect(conversationOf({ messages }).turns.map((turn) => turn.role)).toEqual([
      "user",
      "system",
      "assistant",
    ]);
  });
});

describe("a setting", () => {
  const noWish = { effort: null, budgetTokens: null, enabled: null, summary: null };
  const web = { type: "web_search_20260209", name: "web_search", max_uses: 3 };
  test.each<[Fields, object]>([
    [{}, { reasoning: noWish, toolChoice: null, parallelCalls: null, foreign: {}, stream: false }],
    [{ max_tokens: 0 }, { maxTokens: 0 }],
    [{ stream: true }, { stream: true }],
    [
      { temperature: 0.5, top_p: 0.9, top_k: 4 },
      { sampling: { temperature: 0.5, topP: 0.9, topK: 4 } },
    ],
    [{ stop_sequences: ["a", "b"] }, { stops: ["a", "b"] }],
    [
      { tools: [{ name: "f", description: "d", input_schema: { type: "object" }, strict: true }] },
      {
        tools: [
          {
            kind: "function",
            path: "tools[0]",
            name: "f",
            description: "d",
            parameters: { type: "object" },
            strict: true,
          },
        ],
      },
    ],
    [
      {
        tools: [
          {
            type: "custom",
            name: "f",
            input_schema: {},
            defer_loading: true,
            cache_control: short,
          },
        ],
      },
      { tools: [{ kind: "function", cache: { ttl: null }, foreign: { defer_loading: true } }] },
    ],
    [
      { tools: [web] },
      {
        tools: [{ kind: "foreign", dialect: "messages", type: "web_search_20260209", value: web }],
      },
    ],
    [{ tool_choice: { type: "auto" } }, { toolChoice: { kind: "auto" }, parallelCalls: null }],
    [{ tool_choice: { type: "any" } }, { toolChoice: { kind: "required" } }],
    [{ tool_choice: { type: "none" } }, { toolChoice: { kind: "none" } }],
    [
      { tool_choice: { type: "tool", name: "f", disable_parallel_tool_use: true } },
      { toolChoice: { kind: "named", name: "f", custom: false }, parallelCalls: false },
    ],
    [{ tool_choice: { type: "any", disable_parallel_tool_use: false } }, { parallelCalls: true }],
    [
      { thinking: { type: "enabled", budget_tokens: 2048, display: "summarized" } },
      { reasoning: { ...noWish, enabled: true, budgetTokens: 2048, summary: "auto" }, foreign: {} },
    ],
    [
      { thinking: { type: "adaptive", display: "omitted" } },
      { reasoning: { ...noWish, enabled: true, summary: "omitted" } },
    ],
    [{ thinking: { type: "disabled" } }, { reasoning: { ...noWish, enabled: false }, foreign: {} }],
    [
      { thinking: { type: "between_tools" } },
      {
        reasoning: { ...noWish, enabled: false },
        foreign: { thinking: { type: "between_tools" } },
      },
    ],
    [
      { thinking: { type: "newest", x: 1 } },
      { reasoning: noWish, foreign: { thinking: { type: "newest", x: 1 } } },
    ],
    [
      { output_config: { effort: "xhigh" } },
      { reasoning: { ...noWish, effort: "xhigh" }, foreign: {} },
    ],
    [
      { output_config: { format: { type: "json_schema", schema: { type: "object" } }, newer: 1 } },
      {
        format: {
          kind: "schema",
          name: null,
          description: null,
          schema: { type: "object" },
          strict: null,
        },
        foreign: { output_config: { newer: 1 } },
      },
    ],
    [
      { output_format: { type: "json_schema", schema: {} } },
      { format: { kind: "schema" }, foreign: {} },
    ],
    [
      { output_format: { type: "grammar" } },
      { format: { kind: "text" }, foreign: { output_format: { type: "grammar" } } },
    ],
    [{ metadata: { user_id: "u" } }, { user: "u", metadata: null }],
    [{ metadata: { user_id: null, team: "t" } }, { user: null, metadata: { team: "t" } }],
    [{ service_tier: "auto" }, { tier: "auto" }],
    [{ service_tier: "standard_only" }, { tier: "default" }],
    [{ cache_control: long }, { cache: { ttl: "1h" } }],
    [{ speed: "fast", container: null, new: [] }, { foreign: { speed: "fast", new: [] } }],
  ])("%j is %j", (fields, conversation) => {
    expect(conversationOf(fields)).toMatchObject(conversation);
    const { foreign } = conversation as { foreign?: object };
    if (foreign !== undefined) expect(conversationOf(fields).foreign).toEqual(foreign);
  });
});
