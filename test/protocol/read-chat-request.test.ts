import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readChatRequest } from "../../src/protocol/read-chat-request.ts";

const limits = { maxDepth: 64, maxKeys: 50_000, maxMessages: 2048 };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (body: unknown) =>
  readChatRequest(bytesOf(typeof body === "string" ? body : JSON.stringify(body)), limits);
const problemOf = (body: unknown) => {
  const result = read(body);
  return result.ok ? null : result.problem;
};
const user = { role: "user", content: "Hi" };
const chat = { model: "m", messages: [user] };

describe("a body that fits", () => {
  test.each<[string, unknown]>([
    ["the least one", chat],
    ["2,048 messages", { ...chat, messages: Array(2048).fill(user) }],
    [
      "null for absent fields",
      { ...chat, temperature: null, stream: null, tools: null, stop: null },
    ],
    ["unknown fields of any type", { ...chat, top_k: 3, chat_template_kwargs: { a: [1] } }],
    [
      "parts of every kind",
      {
        ...chat,
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "a" },
              { type: "image_url", image_url: { url: "https://x/y.png", detail: "low" } },
              { type: "input_audio", input_audio: { data: "AA==", format: "wav" } },
              { type: "file", file: { file_id: "f" } },
              { type: "brand_new", whatever: 1 },
            ],
          },
        ],
      },
    ],
    [
      "a history with calls",
      {
        ...chat,
        messages: [
          user,
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
          },
          { role: "tool", tool_call_id: "c", content: "ok" },
        ],
      },
    ],
    [
      "every option",
      {
        ...chat,
        stream: true,
        stream_options: { include_usage: true },
        max_tokens: 5,
        temperature: 2,
        top_p: 0,
        n: 1,
        stop: ["a"],
        seed: 7,
        tools: [{ type: "function", function: { name: "f", parameters: {} } }],
        tool_choice: "auto",
        response_format: { type: "json_schema", json_schema: { name: "s", schema: {} } },
        metadata: { a: "b" },
      },
    ],
  ])("is read: %s", (_name, body) => {
    expect(read(body)).toMatchObject({ ok: true });
  });
});

describe("a wrong field is named", () => {
  const message = (fields: object) => ({ ...chat, messages: [user, user, { ...user, ...fields }] });
  test.each<[string | null, string, unknown]>([
    [null, "invalid_type", []],
    [null, "invalid_type", "null"],
    [null, "invalid_json", "{"],
    [null, "invalid_json", ""],
    [null, "invalid_json", '{"model":"m","messages":[],}'],
    ["model", "missing_required_parameter", { messages: [user] }],
    ["model", "invalid_type", { ...chat, model: 3 }],
    ["messages", "missing_required_parameter", { model: "m" }],
    ["messages", "invalid_type", { ...chat, messages: "Hi" }],
    ["messages", "invalid_type", { ...chat, messages: null }],
    ["messages", "empty_array", { ...chat, messages: [] }],
    ["messages", "array_above_max_length", { ...chat, messages: Array(2049).fill(user) }],
    ["messages[0]", "invalid_type", { ...chat, messages: [null] }],
    ["messages[2].role", "missing_required_parameter", message({ role: undefined })],
    ["messages[2].role", "invalid_value", message({ role: "robot" })],
    ["messages[2].content", "invalid_type", message({ content: 4 })],
    ["messages[2].content", "missing_required_parameter", message({ content: null })],
    [
      "messages[2].content[1].text",
      "invalid_type",
      message({ content: [{ type: "text", text: "" }, { type: "text" }] }),
    ],
    [
      "messages[2].content[0].image_url.url",
      "invalid_type",
      message({ content: [{ type: "image_url", image_url: {} }] }),
    ],
    [
      "messages[2].content[0].input_audio.format",
      "invalid_type",
      message({ content: [{ type: "input_audio", input_audio: { data: "" } }] }),
    ],
    ["messages[2].content[0].type", "invalid_type", message({ content: [{}] })],
    ["messages[2].name", "invalid_type", message({ name: 1 })],
    ["messages[2].tool_call_id", "invalid_type", message({ role: "tool" })],
    ["messages[2].tool_calls", "invalid_type", message({ role: "assistant", tool_calls: {} })],
    [
      "messages[2].tool_calls[0].id",
      "invalid_type",
      message({ role: "assistant", tool_calls: [{}] }),
    ],
    [
      "messages[2].tool_calls[0].function.arguments",
      "invalid_type",
      message({
        role: "assistant",
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: {} } }],
      }),
    ],
    ["stream", "invalid_type", { ...chat, stream: "yes" }],
    [
      "stream_options.include_usage",
      "invalid_type",
      { ...chat, stream_options: { include_usage: 1 } },
    ],
    ["max_tokens", "invalid_type", { ...chat, max_tokens: -1 }],
    ["max_tokens", "invalid_type", { ...chat, max_tokens: 1.5 }],
    ["max_completion_tokens", "invalid_type", { ...chat, max_completion_tokens: "9" }],
    ["temperature", "invalid_type", { ...chat, temperature: 3 }],
    [
      "temperature",
      "invalid_type",
      '{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":1e400}',
    ],
    ["n", "invalid_type", { ...chat, n: 1e9 }],
    ["stop", "invalid_type", { ...chat, stop: [1] }],
    ["tools", "invalid_type", { ...chat, tools: {} }],
    [
      "tools[0].function.name",
      "invalid_type",
      { ...chat, tools: [{ type: "function", function: {} }] },
    ],
    [
      "tools[0].function.parameters",
      "invalid_type",
      { ...chat, tools: [{ type: "function", function: { name: "f", parameters: "x" } }] },
    ],
    ["tool_choice", "invalid_type", { ...chat, tool_choice: 1 }],
    ["response_format.type", "invalid_type", { ...chat, response_format: {} }],
    [
      "response_format.json_schema.name",
      "invalid_type",
      { ...chat, response_format: { type: "json_schema", json_schema: {} } },
    ],
    ["metadata", "invalid_type", { ...chat, metadata: [] }],
    ["user", "invalid_type", { ...chat, user: 5 }],
  ])("%s (%s)", (param, code, body) => {
    expect(problemOf(body)).toMatchObject({
      status: 400,
      type: "invalid_request_error",
      param,
      code,
    });
  });

  test("invalid UTF-8 is refused, not repaired", () => {
    const bytes = bytesOf('{"model":"m","messages":[{"role":"user","content":"x"}]}');
    bytes[bytes.indexOf(0x78)] = 0xff;
    expect(readChatRequest(bytes, limits)).toMatchObject({
      ok: false,
      problem: { code: "invalid_json" },
    });
  });
});

describe("bounds", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  test.each<[string, string, boolean]>([
    [
      "64 levels",
      `{"model":"m","messages":[{"role":"user","content":"x"}],"a":${nested(63)}}`,
      true,
    ],
    [
      "65 levels",
      `{"model":"m","messages":[{"role":"user","content":"x"}],"a":${nested(64)}}`,
      false,
    ],
    ["100,000 levels", nested(100_000), false],
    [
      "200,000 keys",
      `{${Array.from({ length: 200_000 }, (_, at) => `"k${at}":1`).join(",")}}`,
      false,
    ],
    ["2 million items", `[${"0,".repeat(2_000_000)}0]`, false],
  ])("%s", (_name, text, fits) => {
    const result = read(text);
    if (fits) expect(result.ok).toBe(true);
    else expect(result).toMatchObject({ ok: false, problem: { code: "invalid_json_limits" } });
  });

  test("brackets and colons inside strings count for nothing", () => {
    const content = `${"[{:,".repeat(10_000)}\\"`;
    expect(read({ ...chat, messages: [{ role: "user", content }] }).ok).toBe(true);
  });
});

describe("what clients may try with keys", () => {
  test("of a repeated model the last counts, and the bytes are not spliced", () => {
    const result = read('{"model":"a","messages":[{"role":"user","content":"x"}],"model":"b"}');
    expect(result).toMatchObject({ ok: true, request: { body: { model: "b" }, modelSpan: null } });
  });

  test.each([
    '{"\\u006dodel":"a","messages":[{"role":"user","content":"x"}]}',
    '{"model":"a","messages":[{"role":"user","content":"x"}],"\\u006dodel":"b"}',
    '{"model":"a","messages":[{"role":"user","content":"x"}],"stream":true,"stream":false}',
    '{"model":"a","messages":[{"role":"user","content":"x","content":"y"}]}',
    '{"model":"a","messages":[{"role":"user","content":"x"}],"metadata":{"a":{"b":[{"c":"1","\\u0063":"2"}]}}}',
  ])("an escaped or repeated key keeps the bytes from being spliced: %s", (text) => {
    expect(read(text)).toMatchObject({ ok: true, request: { modelSpan: null } });
  });

  test("__proto__ and constructor keys are plain data", () => {
    const result = read(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"model":"m","messages":[{"role":"user","content":"x","__proto__":{"polluted":1}}]}',
    );
    expect(result.ok).toBe(true);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("a byte order mark is taken off before the offsets count", () => {
    const result = read('\uFEFF{"model":"m","messages":[{"role":"user","content":"x"}]}');
    expect(result).toMatchObject({ ok: true, request: { modelSpan: { start: 9, end: 12 } } });
  });
});

test("property: replacing the model's span replaces the model and nothing else", () => {
  const value = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>;
  const extra = fc.dictionary(
    fc.string().map((name) => `x${name}`),
    value,
    { maxKeys: 5 },
  );
  fc.assert(
    fc.property(
      fc.record({
        before: extra,
        after: extra,
        model: fc.string({ minLength: 1, maxLength: 90, size: "max" }),
        content: fc.string(),
        spaced: fc.boolean(),
      }),
      ({ before, after, model, content, spaced }) => {
        const body = {
          ...before,
          model,
          messages: [{ role: "user", content, model: "no" }],
          ...after,
        };
        const bytes = bytesOf(JSON.stringify(body, null, spaced ? 2 : 0));
        const result = readChatRequest(bytes, limits);
        if (!result.ok) throw new Error(result.problem.message);
        const span = result.request.modelSpan;
        if (span === null) throw new Error("the one model was not found");
        const text = new TextDecoder();
        const spliced = `${text.decode(bytes.subarray(0, span.start))}"other"${text.decode(bytes.subarray(span.end))}`;
        expect(JSON.parse(spliced)).toEqual(
          JSON.parse(JSON.stringify({ ...body, model: "other" })),
        );
      },
    ),
    { numRuns: 500 },
  );
});

test("property: no text whatever throws", () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc.uint8Array().map((bytes) => bytes),
  );
  fc.assert(
    fc.property(anything, (body) => {
      const result = readChatRequest(typeof body === "string" ? bytesOf(body) : body, limits);
      expect(result.ok || result.problem.status === 400).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
