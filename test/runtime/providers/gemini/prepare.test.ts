import { describe, expect, test } from "vitest";
import {
  type Conversation,
  noReasoningWish,
  noSampling,
  type ReasoningWish,
  type Tool,
} from "../../../../src/protocol/conversation.ts";
import { geminiProblem } from "../../../../src/stand-in/gemini-rules.ts";
import { prepared, text, turn } from "./support.ts";

const third = "gemini-3.8-flash";
const second = "gemini-2.5-flash";
const schema = { type: "object", properties: { city: { type: "string" } } };
const tool = (name: string, fields: object = {}): Tool => ({
  kind: "function",
  name,
  description: "d",
  parameters: schema,
  strict: null,
  path: `tools.${name}`,
  ...fields,
});
const sampling = (fields: object) => ({ sampling: { ...noSampling, ...fields } });
const sent = (fields: Partial<Conversation>, model = third) => {
  const { body, refused } = prepared(fields, model);
  expect(refused).toBeUndefined();
  expect(geminiProblem(body, model)).toBeNull();
  const { contents: _contents, ...rest } = body;
  return rest;
};

describe("settings", () => {
  test("nothing is said where the client said nothing", () => {
    expect(sent({})).toEqual({});
  });

  test.each<[string, Partial<Conversation>, object]>([
    [
      "sampling",
      sampling({
        temperature: 1.5,
        topP: 0.5,
        topK: 7,
        seed: 3,
        presencePenalty: 1,
        frequencyPenalty: -1,
      }),
      { temperature: 1.5, topP: 0.5, topK: 7, seed: 3, presencePenalty: 1, frequencyPenalty: -1 },
    ],
    ["the chosen token's logprob", sampling({ topLogprobs: 0 }), { responseLogprobs: true }],
    ["logprobs", sampling({ topLogprobs: 4 }), { responseLogprobs: true, logprobs: 4 }],
    ["a ceiling", { maxTokens: 9 }, { maxOutputTokens: 9 }],
    ["stops", { stops: ["a", "", "b"] }, { stopSequences: ["a", "b"] }],
    ["several answers", { choices: 2 }, { candidateCount: 2 }],
    ["some JSON", { format: { kind: "object" } }, { responseMimeType: "application/json" }],
    [
      "JSON by a schema",
      { format: { kind: "schema", name: "n", description: null, schema, strict: true } },
      { responseMimeType: "application/json", responseJsonSchema: schema },
    ],
    [
      "settings of this wire alone",
      { foreign: { responseModalities: ["TEXT"], modalities: ["text"] } },
      { responseModalities: ["TEXT"] },
    ],
  ])("%s", (_name, fields, generationConfig) => {
    expect(sent(fields)).toEqual({ generationConfig });
  });

  test.each<[string, Partial<Conversation>, object]>([
    ["the standard tier", { tier: "default" }, { serviceTier: "standard" }],
    ["the cheap tier", { tier: "flex" }, { serviceTier: "flex" }],
    ["the fast tier", { tier: "fast" }, { serviceTier: "priority" }],
    ["no tier", { tier: "auto" }, {}],
    [
      "safety and labels",
      { foreign: { safetySettings: [{ category: "c", threshold: "OFF" }], labels: { a: "b" } } },
      { safetySettings: [{ category: "c", threshold: "OFF" }], labels: { a: "b" } },
    ],
    [
      "what chat clients write for this provider",
      { foreign: { extra_body: { google: { cached_content: "cachedContents/1" } } } },
      { cachedContent: "cachedContents/1" },
    ],
    [
      "who asks, and what only saves money, is nobody's business",
      {
        user: "u",
        metadata: { a: "b" },
        cacheKey: "k",
        cache: { ttl: null },
        prediction: "p",
      },
      {},
    ],
  ])("%s", (_name, fields, rest) => {
    expect(sent(fields)).toEqual(rest);
  });

  test.each<[string, Partial<Conversation>, string]>([
    ["stop", { stops: ["1", "2", "3", "4", "5", "6"] }, third],
    ["web_search_options", { foreign: { web_search_options: {} } }, third],
    ["modalities", { foreign: { modalities: ["text", "audio"] } }, third],
    ["response_format", { format: { kind: "object" }, tools: [tool("f")] }, second],
    ["tools.1f", { tools: [tool("1f")] }, third],
    [
      "tools.c",
      { tools: [{ kind: "custom", name: "c", description: null, format: null, path: "tools.c" }] },
      third,
    ],
    [
      "tools.w",
      { tools: [{ kind: "foreign", dialect: "chat", type: "w", value: {}, path: "tools.w" }] },
      third,
    ],
  ])("%s is refused by name, or left out where the policy says so", (param, fields, model) => {
    expect(prepared(fields, model).refused).toBe(param);
    const dropped = prepared(fields, model, { drops: true });
    expect(dropped.refused).toBeUndefined();
    expect(geminiProblem(dropped.body, model)).toBeNull();
  });

  test.each<[string, Partial<Conversation>, string]>([
    ["logit_bias", sampling({ logitBias: { "1": 2 } }), third],
    ["min_p", sampling({ minP: 0.1 }), third],
    ["presence_penalty", sampling({ presencePenalty: 1 }), second],
    ["verbosity", { verbosity: "low" }, third],
    ["prediction", { prediction: "p" }, third],
    ["parallel_tool_calls", { parallelCalls: false, tools: [tool("f")] }, third],
    ["safety", { foreign: { safety: "low" } }, third],
  ])("%s is a preference: it is left out and told", (param, fields, model) => {
    const { refused, dropped } = prepared(fields, model);
    expect({ refused, dropped }).toEqual({ refused: undefined, dropped: [param] });
  });

  test("the plan's settings stand in place of the client's, its ceiling over it", () => {
    const set = { temperature: 0, top_p: 0.1, seed: 5, stop: "x", reasoning_effort: "low" };
    const asked = {
      ...sampling({ temperature: 1 }),
      maxTokens: 50,
      reasoning: { ...noReasoningWish, budgetTokens: 9000 },
    };
    expect(prepared(asked, third, { set, maxTokens: 20 }).body["generationConfig"]).toEqual({
      temperature: 0,
      topP: 0.1,
      seed: 5,
      stopSequences: ["x"],
      maxOutputTokens: 20,
      thinkingConfig: { thinkingLevel: "LOW", includeThoughts: true },
    });
    expect(prepared({}, third, { maxTokens: 20 }).body["generationConfig"]).toEqual({
      maxOutputTokens: 20,
    });
  });

  test.each([
    [["low", "low"], "MEDIA_RESOLUTION_LOW"],
    [["high"], "MEDIA_RESOLUTION_HIGH"],
    [["low", "high"], undefined],
    [["auto"], undefined],
  ])("images of detail %j ask for %s", (details, mediaResolution) => {
    const source = { kind: "data", mediaType: "image/png", data: "AAAA" } as const;
    const parts = details.map((detail) => ({ kind: "image", source, detail, path: "p" }) as const);
    const { generationConfig } = sent({ turns: [turn("user", text("Hi"), ...parts)] });
    expect(generationConfig).toEqual(mediaResolution && { mediaResolution });
  });
});

describe("tools", () => {
  const declared = (name: string) => ({ name, description: "d", parametersJsonSchema: schema });
  const both = { tools: [tool("f"), tool("g")] };

  test("become function declarations", () => {
    const bare = tool("h", { description: null, parameters: null });
    expect(sent({ tools: [tool("f"), bare] })).toEqual({
      tools: [{ functionDeclarations: [declared("f"), { name: "h" }] }],
    });
  });

  test.each<[Conversation["toolChoice"], object]>([
    [{ kind: "auto" }, { mode: "AUTO" }],
    [{ kind: "none" }, { mode: "NONE" }],
    [{ kind: "required" }, { mode: "ANY" }],
    [
      { kind: "named", name: "g", custom: false },
      { mode: "ANY", allowedFunctionNames: ["g"] },
    ],
    [
      { kind: "allowed", mustCall: true, names: ["f", "x"] },
      { mode: "ANY", allowedFunctionNames: ["f"] },
    ],
  ])("are chosen by %j", (toolChoice, functionCallingConfig) => {
    expect(sent({ ...both, toolChoice })).toEqual({
      tools: [{ functionDeclarations: [declared("f"), declared("g")] }],
      toolConfig: { functionCallingConfig },
    });
  });

  test("that need not be called are cut to those allowed", () => {
    const toolChoice = { kind: "allowed", mustCall: false, names: ["g"] } as const;
    expect(sent({ ...both, toolChoice })).toEqual({
      tools: [{ functionDeclarations: [declared("g")] }],
      toolConfig: { functionCallingConfig: { mode: "AUTO" } },
    });
  });

  test.each([
    [third, { mode: "VALIDATED" }],
    [second, undefined],
  ])("that are strict are held to their schemas by %s where it can: %j", (model, config) => {
    const { toolConfig } = sent({ tools: [tool("f", { strict: true })] }, model);
    expect(toolConfig).toEqual(config && { functionCallingConfig: config });
  });

  test("of the provider's own stand beside functions where the model takes both", () => {
    const search: Tool = {
      kind: "foreign",
      dialect: "generate",
      type: "googleSearch",
      value: { googleSearch: {} },
      path: "tools.s",
    };
    const tools = [tool("f"), search];
    expect(sent({ tools })["tools"]).toEqual([
      { functionDeclarations: [declared("f")] },
      { googleSearch: {} },
    ]);
    expect(prepared({ tools }, second).refused).toBe("tools");
    expect(sent({ tools: [search] }, second)["tools"]).toEqual([{ googleSearch: {} }]);
  });

  test("have schemas in words that the wire reads, whatever their fields are called", () => {
    const parameters = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {
        const: { const: "a" },
        $ref: { type: "string" },
        count: { type: "integer", minimum: 0, exclusiveMinimum: 0, exclusiveMaximum: 10 },
        share: { type: "number", exclusiveMinimum: 0 },
        link: { $ref: "#/definitions/node", description: "lost" },
        list: { type: "array", items: { anyOf: [{ const: 1 }, { const: null }] } },
      },
      definitions: { node: { type: "object" } },
      additionalProperties: false,
    };
    const tools = [tool("f", { parameters })];
    const list = sent({ tools })["tools"] as { functionDeclarations: object[] }[];
    expect(list[0]?.functionDeclarations[0]).toMatchObject({
      parametersJsonSchema: {
        type: "object",
        properties: {
          const: { enum: ["a"] },
          $ref: { type: "string" },
          count: { type: "integer", minimum: 1, maximum: 9 },
          share: { type: "number", exclusiveMinimum: 0 },
          link: { $ref: "#/$defs/node" },
          list: { type: "array", items: { anyOf: [{ enum: [1] }, { const: null }] } },
        },
        $defs: { node: { type: "object" } },
        additionalProperties: false,
      },
    });
    expect(JSON.stringify(list)).not.toMatch(/\$schema|lost|definitions"/);
  });
});

describe("thinking", () => {
  const level = (thinkingLevel: string, includeThoughts = true) => ({
    thinkingLevel,
    includeThoughts,
  });
  const budget = (thinkingBudget: number) => ({ thinkingBudget, includeThoughts: true });
  test.each<[string, Partial<ReasoningWish>, object | undefined]>([
    [third, {}, undefined],
    [third, { effort: "medium" }, level("MEDIUM")],
    [third, { effort: "xhigh" }, level("HIGH")],
    [third, { effort: "none" }, { thinkingLevel: "MINIMAL" }],
    [third, { enabled: false, effort: "high" }, { thinkingLevel: "MINIMAL" }],
    [third, { enabled: true }, { includeThoughts: true }],
    [third, { enabled: true, budgetTokens: 10_000 }, level("MEDIUM")],
    [third, { enabled: true, budgetTokens: 100 }, level("MINIMAL")],
    [third, { effort: "low", summary: "omitted" }, level("LOW", false)],
    ["models/gemini-3.1-pro-preview", { effort: "minimal" }, level("LOW")],
    ["gemini-3-pro-preview", { effort: "medium" }, level("LOW")],
    ["gemini-4-hydrogen", { effort: "max" }, level("XHIGH")],
    ["gemini-4-hydrogen", { effort: "none" }, { thinkingLevel: "LOW" }],
    ["gemini-flash-latest", { effort: "low" }, level("LOW")],
    [second, { effort: "low" }, budget(2048)],
    [second, { effort: "max" }, budget(24_576)],
    [second, { effort: "none" }, { thinkingBudget: 0 }],
    [second, { budgetTokens: 0 }, { thinkingBudget: 0 }],
    [second, { enabled: true }, budget(-1)],
    [second, { summary: "auto" }, { includeThoughts: true }],
    ["gemini-2.5-pro", { enabled: false }, { thinkingBudget: 128 }],
    ["gemini-2.5-pro", { budgetTokens: 50_000 }, budget(32_768)],
    ["gemini-2.0-flash", { effort: "high" }, undefined],
    ["gemma-3-27b-it", { effort: "high" }, undefined],
  ])("of %s by %j", (model, wish, thinkingConfig) => {
    const config = sent({ reasoning: { ...noReasoningWish, ...wish } }, model)["generationConfig"];
    expect(config).toEqual(thinkingConfig && { thinkingConfig });
  });

  test("leaves room for the answer under the ceiling", () => {
    const reasoning = { ...noReasoningWish, effort: "high" };
    expect(sent({ reasoning, maxTokens: 1000 }, second)["generationConfig"]).toEqual({
      maxOutputTokens: 1000,
      thinkingConfig: budget(500),
    });
  });

  test.each<[string, number, number | undefined, number, readonly string[]]>([
    ["as the client counted it below its limit", 900, undefined, 900, []],
    ["half of a limit that it would fill", 1000, undefined, 500, ["thinking.budget_tokens"]],
    ["half of a limit that the plan lowers", 700, 800, 400, ["thinking.budget_tokens"]],
    ["as it is where half of a lowered limit is enough", 300, 800, 300, []],
  ])("has a budget %s", (_what, budgetTokens, ...rest) => {
    const [ceiling, tokens, told] = rest;
    const reasoning = { ...noReasoningWish, budgetTokens };
    const plan = ceiling === undefined ? {} : { maxTokens: ceiling };
    const { body, dropped } = prepared({ reasoning, maxTokens: 1000 }, second, plan);
    expect(body["generationConfig"]).toMatchObject({ thinkingConfig: budget(tokens) });
    expect(dropped).toEqual(told);
  });
});
