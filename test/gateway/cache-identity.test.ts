import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServerSettings } from "../../src/configuration/configuration.ts";
import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import { keyOfAnswer, tenantOf } from "../../src/gateway/cache-identity.ts";
import { surfaceAt } from "../../src/gateway/surfaces.ts";
import type { ActiveTarget } from "../../src/gateway/target-table.ts";
import type { ModelRequest } from "../../src/protocol/model-request.ts";
import { noPlan, type Plan } from "../../src/runtime/plan/plan.ts";

const limits: ServerSettings = defaultConfiguration().server;

const target = {
  target: {
    ...{ name: "a", provider: "up", model: "model-a", region: "eu", local: false },
    ...{ quantization: null, prices: [], contextTokens: null, maxOutputTokens: null },
    ...{ abilities: new Set(), quality: {}, rejectsSampling: false, rejectsForcedTools: false },
    rejectsEffort: false,
  },
  provider: {
    ...{ name: "up", kind: "openai-compatible", url: "http://up", key: null, headers: {} },
    ...{ api: "chat", promptCache: "off", connections: 1 },
  },
  standIn: false,
} as unknown as ActiveTarget;

function read(path: string, body: unknown, headers = {}): ModelRequest | null {
  const made = surfaceAt(path, "")?.read(Buffer.from(JSON.stringify(body)), limits, headers);
  return made?.ok === true ? made.request : null;
}

function keyOf(request: ModelRequest, more: Partial<Plan> = {}, active = target): string {
  return keyOfAnswer({ request, plan: { ...noPlan, ...more }, tenant: "key:ann" }, active, null);
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const schema = { type: "object", properties: { path: { type: "string" } }, required: ["path"] };

/** A rich body of each API, and what of it says only how the answer is delivered, or by which name the model goes. */
const apis: readonly (readonly [path: string, body: Json, delivery: readonly string[]])[] = [
  [
    "/v1/chat/completions",
    {
      ...{ model: "m", stream: true, stream_options: { include_usage: true } },
      messages: [
        { role: "system", content: "be kind", name: "house" },
        {
          role: "user",
          content: [
            { type: "text", text: "look", cache_control: { type: "ephemeral", ttl: "5m" } },
            { type: "image_url", image_url: { url: "https://x.example/a.png", detail: "low" } },
            { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
            { type: "file", file: { file_id: "file-1", filename: "a.pdf" } },
          ],
        },
        {
          role: "assistant",
          content: null,
          reasoning_details: [
            {
              type: "reasoning.text",
              id: "r1",
              text: "hm",
              signature: "sig",
              data: "d",
              model: "m",
            },
          ],
          tool_calls: [
            { id: "t1", type: "function", function: { name: "f", arguments: '{"path":1}' } },
            { id: "t2", type: "custom", custom: { name: "c", input: "in" } },
          ],
        },
        { role: "tool", tool_call_id: "t1", content: "one" },
        { role: "tool", tool_call_id: "t2", content: [{ type: "text", text: "two" }] },
        { role: "assistant", content: "so", refusal: "no" },
      ],
      tools: [
        {
          type: "function",
          function: { name: "f", description: "d", parameters: schema, strict: true },
        },
        { type: "custom", custom: { name: "c", description: "d", format: { type: "text" } } },
      ],
      tool_choice: { type: "function", function: { name: "f" } },
      response_format: {
        type: "json_schema",
        json_schema: { name: "s", description: "d", schema, strict: true },
      },
      prediction: { type: "content", content: [{ type: "text", text: "guess" }] },
      logit_bias: { "50256": -100 },
      metadata: { order: "7" },
      ...{ temperature: 0.5, top_p: 0.9, top_k: 40, min_p: 0.1, presence_penalty: 0.1 },
      ...{ frequency_penalty: 0.2, seed: 7, logprobs: true, top_logprobs: 2, n: 2 },
      ...{ max_completion_tokens: 100, stop: ["END"], user: "u", service_tier: "auto" },
      ...{ reasoning_effort: "low", verbosity: "low", parallel_tool_calls: false },
      ...{ prompt_cache_key: "k", web_search_options: { user_location: { type: "approximate" } } },
    },
    ["model", "stream", "stream_options"],
  ],
  [
    "/v1/messages",
    {
      ...{ model: "m", max_tokens: 100, stream: true, temperature: 0.5, top_p: 0.9, top_k: 4 },
      system: [{ type: "text", text: "be kind", cache_control: { type: "ephemeral", ttl: "1h" } }],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image", source: { type: "url", url: "https://x.example/a.png" } },
            {
              type: "document",
              source: { type: "text", media_type: "text/plain", data: "words" },
              ...{ title: "t", context: "c", citations: { enabled: true } },
            },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: "sig" },
            { type: "tool_use", id: "t1", name: "f", input: { path: "1" } },
          ],
        },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "t1", content: "one", is_error: true }],
        },
      ],
      tools: [{ name: "f", description: "d", input_schema: schema }],
      tool_choice: { type: "tool", name: "f", disable_parallel_tool_use: true },
      thinking: { type: "enabled", budget_tokens: 2048 },
      stop_sequences: ["END"],
      metadata: { user_id: "u" },
      service_tier: "auto",
    },
    ["model", "stream"],
  ],
  [
    "/v1/responses",
    {
      ...{ model: "m", instructions: "be kind", stream: true, temperature: 0.5, top_p: 0.9 },
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text: "look" },
            { type: "input_image", image_url: "https://x.example/a.png", detail: "low" },
          ],
        },
        { type: "function_call", call_id: "t1", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "t1", output: "one" },
      ],
      tools: [{ type: "function", name: "f", description: "d", parameters: schema, strict: true }],
      tool_choice: { type: "function", name: "f" },
      text: { format: { type: "json_schema", name: "s", schema, strict: true }, verbosity: "low" },
      reasoning: { effort: "low", summary: "auto" },
      ...{ max_output_tokens: 100, parallel_tool_calls: false, user: "u", truncation: "auto" },
      ...{ metadata: { order: "7" }, prompt_cache_key: "k", service_tier: "auto", store: false },
    },
    ["model", "stream"],
  ],
  [
    "/v1beta/models/m:generateContent",
    {
      systemInstruction: { parts: [{ text: "be kind" }] },
      contents: [
        {
          role: "user",
          parts: [
            { text: "look" },
            { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } },
          ],
        },
        { role: "model", parts: [{ functionCall: { name: "f", args: { path: "1" } } }] },
        { role: "user", parts: [{ functionResponse: { name: "f", response: { one: 1 } } }] },
      ],
      tools: [{ functionDeclarations: [{ name: "f", description: "d", parameters: schema }] }],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
      generationConfig: {
        ...{ temperature: 0.5, topP: 0.9, topK: 4, maxOutputTokens: 100, stopSequences: ["END"] },
        ...{ seed: 7, thinkingConfig: { thinkingBudget: 100 } },
      },
      safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
    },
    [],
  ],
];

type Path = readonly (string | number)[];

function* paths(value: Json, at: Path = []): Generator<[Path, Json]> {
  yield [at, value];
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value))
    yield* paths(inner, [...at, Array.isArray(value) ? Number(name) : name]);
}

function changed(body: Json, [step, ...rest]: Path, change: (value: Json) => Json): Json {
  if (step === undefined) return change(body);
  if (Array.isArray(body))
    return body.map((item, at) => (at === step ? changed(item, rest, change) : item));
  const { [step]: inner = null, ...others } = body as { [name: string]: Json };
  return { ...others, [step]: changed(inner, rest, change) };
}

/** Other values that might stand in a value's place; those that the API refuses are passed over. */
function others(value: Json): readonly Json[] {
  if (typeof value === "string")
    return [`${value}x`, "auto", "any", "none", "high", "user", "text"];
  if (typeof value === "number") return [value + 1, value / 2, 0];
  if (typeof value === "boolean") return [!value];
  if (Array.isArray(value)) return [[], [...value, ...value], value.toReversed()];
  if (value === null) return ["words"];
  return [
    { ...value, unheard_of: 1 },
    { ...value, path: "x" },
  ];
}

describe.each(apis)("a request of %s", (path, body, delivery) => {
  const whole = read(path, body);
  if (whole === null) throw new Error("the body is one that the API takes");
  const key = keyOf(whole);
  const all = [...paths(body)];

  test("has another key when anything changes that a provider may see", () => {
    let tried = 0;
    const same: string[] = [];
    for (const [at, value] of all) {
      if (delivery.includes(String(at[0]))) continue;
      for (const other of others(value)) {
        const made = changed(body, at, () => other);
        const request = read(path, made);
        if (request === null || JSON.stringify(other) === JSON.stringify(value)) continue;
        // Google reads the names of modes in either case.
        if (at.includes("toolConfig") && other === "any") continue;
        tried += 1;
        if (keyOf(request) === key) same.push(`${at.join(".")}: ${JSON.stringify(other)}`);
      }
    }
    expect(tried).toBeGreaterThan(100);
    expect(same).toEqual([]);
  });

  test("has another key when a field is left out", () => {
    const same = all.flatMap(([at, value]) => {
      const last = at.at(-1);
      // Null is as good as nothing; contents without a role are the user's.
      if (value === null || (path.includes("v1beta") && last === "role")) return [];
      if (typeof last !== "string" || delivery.includes(String(at[0]))) return [];
      const made = changed(body, at.slice(0, -1), (value) => {
        const { [last]: _left, ...rest } = value as { [name: string]: Json };
        return rest;
      });
      const request = read(path, made);
      return request !== null && keyOf(request) === key ? [at.join(".")] : [];
    });
    expect(same).toEqual([]);
  });

  test.each(delivery)("has the same key whatever `%s` says", (name) => {
    const said = name === "model" ? "other" : null;
    const request = read(path, { ...(body as object), [name]: said });
    expect(request === null ? null : keyOf(request)).toBe(key);
  });

  test("has the same key in whatever order its members stand", () => {
    const shuffled = (value: Json, order: (names: string[]) => string[]): Json => {
      if (Array.isArray(value)) return value.map((item) => shuffled(item, order));
      if (typeof value !== "object" || value === null) return value;
      const names = order(Object.keys(value));
      return Object.fromEntries(names.map((name) => [name, shuffled(value[name] ?? null, order)]));
    };
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (numbers) => {
        const made = shuffled(body, (names) =>
          names
            .map((name) => [numbers.next().value, name] as const)
            .sort(([one], [other]) => one - other)
            .map(([, name]) => name),
        );
        const request = read(path, made);
        expect(request === null ? null : keyOf(request)).toBe(key);
      }),
      { numRuns: 20 },
    );
  });
});

test("a plain question has one key over all APIs", () => {
  const asked = [
    [
      "/v1/chat/completions",
      { model: "m", messages: [{ role: "user", content: "hi" }], max_tokens: 9 },
    ],
    [
      "/v1/chat/completions",
      {
        model: "n",
        messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
        max_completion_tokens: 9,
        stream: true,
      },
    ],
    ["/v1/messages", { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }],
    ["/v1/responses", { model: "m", input: "hi", max_output_tokens: 9 }],
    [
      "/v1beta/models/m:generateContent",
      {
        contents: [{ role: "user", parts: [{ text: "hi" }] }],
        generationConfig: { maxOutputTokens: 9 },
      },
    ],
  ] as const;
  const keys = asked.map(([path, body]) => {
    const request = read(path, body);
    return request === null ? null : keyOf(request);
  });
  expect(new Set(keys).size).toBe(1);
});

const hello = { model: "m", messages: [{ role: "user", content: "hi" }] };
const plain = read("/v1/chat/completions", hello) as ModelRequest;

test.each<[string, Partial<Plan>]>([
  ["sets", { set: { temperature: 0 } }],
  ["bounds", { maxTokens: 10 }],
  ["drops", { options: { dropUnsupported: true } }],
  ["asks a tier for", { options: { tier: "flex" } }],
])("what the plan %s is part of the key", (_, more) => {
  expect(keyOf(plain, more)).not.toBe(keyOf(plain));
});

test("what the plan says of waiting, paying and keeping is not", () => {
  const more = {
    ...{ timeoutMs: 5, deadlineMs: 5, retries: 3, tags: ["x"] },
    options: { cache: { kind: "exact", forMs: 5 }, staleMs: 5, timeoutMs: 5 },
  } as const;
  expect(keyOf(plain, more)).toBe(keyOf(plain));
});

test.each([
  ["model", { target: { model: "model-b" } }],
  ["name", { target: { name: "b" } }],
  ["region", { target: { region: "us" } }],
  ["quantization", { target: { quantization: "awq" } }],
  ["address", { provider: { url: "http://other" } }],
  ["headers", { provider: { headers: { "x-variant": "b" } } }],
  ["API", { provider: { api: "responses" } }],
  ["stand-in", { standIn: true }],
])("the target's %s is part of the key", (_, change) => {
  const { target: changedTarget = {}, provider = {}, ...rest } = change as Record<string, object>;
  const other = {
    ...{ ...target, ...rest, target: { ...target.target, ...changedTarget } },
    provider: { ...target.provider, ...provider },
  } as ActiveTarget;
  expect(keyOf(plain, {}, other)).not.toBe(keyOf(plain));
});

test("prices are not, weights and tenants are", () => {
  const priced = { ...target, target: { ...target.target, quality: { default: 1 } } };
  expect(keyOf(plain, {}, priced)).toBe(keyOf(plain));
  const asked = { request: plain, plan: noPlan, tenant: "key:ann" };
  const keys = [
    keyOfAnswer(asked, target, null),
    keyOfAnswer(asked, target, "digest:1"),
    keyOfAnswer({ ...asked, tenant: "key:bob" }, target, null),
    keyOfAnswer({ ...asked, tenant: "team:ann" }, target, null),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test("features that a header asks of the client's own wire are part of the key", () => {
  const body = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] };
  const [one, other] = ["feature-1", "feature-2"].map((said) =>
    read("/v1/messages", body, { "anthropic-beta": said }),
  );
  expect(keyOf(one as ModelRequest)).not.toBe(keyOf(other as ModelRequest));
});

const ann = { name: "ann", user: null, team: "north", attributes: {} };

test.each([
  ["key", ann, "key:ann"],
  ["team", ann, "team:north"],
  ["team", { ...ann, team: null }, "key:ann"],
  ["all", ann, "all"],
  ["key", null, "key:"],
] as const)("of scope %s, %j shares as %s", (scope, caller, tenant) => {
  expect(tenantOf(scope, caller)).toBe(tenant);
});
