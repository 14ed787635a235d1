import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMessagesRequest } from "../../../src/surface/messages/read-messages-request.ts";

const limits = { maxDepth: 64, maxKeys: 50_000, maxMessages: 2048 };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (body: unknown, counting = false) =>
  readMessagesRequest(bytesOf(typeof body === "string" ? body : JSON.stringify(body)), limits, {
    counting,
  });
const problemOf = (body: unknown, counting = false) => {
  const result = read(body, counting);
  return result.ok ? null : result.problem;
};
const user = { role: "user", content: "Hi" };
const least = { model: "m", max_tokens: 10, messages: [user] };
const says = (role: string, ...content: unknown[]) => ({
  ...least,
  messages: [user, { role, content }],
});
const mark = { type: "ephemeral", ttl: "1h" };

describe("a body that fits", () => {
  test.each<[string, unknown]>([
    ["the least one", least],
    ["one that only warms the cache", { ...least, max_tokens: 0 }],
    ["2,048 messages", { ...least, messages: Array(2048).fill(user) }],
    [
      "null for absent fields",
      { ...least, system: null, tools: null, thinking: null, stream: null },
    ],
    ["unknown fields of any type", { ...least, speed: "fast", container: 3, newest: [{}] }],
    ["a system message in the middle", says("system", { type: "text", text: "Be brief." })],
    ["blocks that are newer than this code", says("user", { type: "brand_new", x: 1 })],
    ["blocks named like an object's own methods", says("user", { type: "constructor" })],
    [
      "sources that are newer than this code",
      says("user", { type: "image", source: { type: "toString" } }),
    ],
    [
      "a document in blocks",
      says("user", {
        type: "document",
        source: { type: "content", content: [{ type: "text", text: "a" }] },
        citations: { enabled: true },
        title: null,
      }),
    ],
    [
      "every option",
      {
        ...least,
        system: [{ type: "text", text: "s", cache_control: mark }],
        stream: true,
        stop_sequences: ["END"],
        temperature: 1,
        top_p: 0.5,
        top_k: 3,
        tools: [
          { name: "f", input_schema: { type: "object" }, cache_control: mark },
          { type: "web_search_20260209", name: "web_search" },
        ],
        tool_choice: { type: "tool", name: "f", disable_parallel_tool_use: true },
        thinking: { type: "enabled", budget_tokens: 2048, display: "omitted" },
        output_config: { effort: "max", format: { type: "json_schema", schema: {} } },
        metadata: { user_id: "u" },
        service_tier: "auto",
        cache_control: { type: "ephemeral" },
      },
    ],
  ])("is read: %s", (_name, body) => {
    expect(problemOf(body)).toBeNull();
  });

  test("needs no max_tokens when it is only counted", () => {
    expect(problemOf({ model: "m", messages: [user] }, true)).toBeNull();
    expect(problemOf({ model: "m", max_tokens: "many", messages: [user] }, true)?.param).toBe(
      "max_tokens",
    );
  });
});

describe("a wrong field is named", () => {
  const block = "messages[1].content[0]";
  const result = (content: unknown, more = {}) =>
    says("user", { type: "tool_result", tool_use_id: "t", content, ...more });
  const document = (source: unknown, more = {}) =>
    says("user", { type: "document", source, ...more });
  const inner = { type: "content", content: [{ type: "document", source: {} }] };
  test.each<[string | null, string, unknown]>([
    [null, "invalid_type", []],
    [null, "invalid_type", "null"],
    [null, "invalid_json", "{"],
    [null, "invalid_json", ""],
    ["model", "missing_required_parameter", { max_tokens: 1, messages: [user] }],
    ["model", "missing_required_parameter", { ...least, model: "" }],
    ["model", "invalid_type", { ...least, model: 3 }],
    ["max_tokens", "missing_required_parameter", { model: "m", messages: [user] }],
    ["max_tokens", "invalid_type", { ...least, max_tokens: null }],
    ["max_tokens", "invalid_type", { ...least, max_tokens: 1.5 }],
    ["max_tokens", "invalid_type", { ...least, max_tokens: -1 }],
    ["messages", "missing_required_parameter", { model: "m", max_tokens: 1 }],
    ["messages", "invalid_type", { ...least, messages: {} }],
    ["messages", "empty_array", { ...least, messages: [] }],
    ["messages", "array_above_max_length", { ...least, messages: Array(2049).fill(user) }],
    ["messages[0]", "invalid_type", { ...least, messages: ["Hi"] }],
    ["messages[0].role", "missing_required_parameter", { ...least, messages: [{ content: "a" }] }],
    ["messages[0].role", "invalid_value", { ...least, messages: [{ role: "tool", content: "a" }] }],
    [
      "messages[0].content",
      "missing_required_parameter",
      { ...least, messages: [{ role: "user" }] },
    ],
    ["messages[0].content", "invalid_type", { ...least, messages: [{ ...user, content: 3 }] }],
    [block, "invalid_type", says("user", "text")],
    [`${block}.type`, "missing_required_parameter", says("user", { text: "a" })],
    [`${block}.type`, "invalid_type", says("user", { type: 3 })],
    [`${block}.text`, "missing_required_parameter", says("user", { type: "text" })],
    [
      `${block}.citations[0]`,
      "invalid_type",
      says("user", { type: "text", text: "", citations: [1] }),
    ],
    [`${block}.source`, "missing_required_parameter", says("user", { type: "image" })],
    [
      `${block}.source.type`,
      "missing_required_parameter",
      says("user", { type: "image", source: {} }),
    ],
    [
      `${block}.source.data`,
      "missing_required_parameter",
      says("user", { type: "image", source: { type: "base64", media_type: "image/png" } }),
    ],
    [`${block}.source.media_type`, "missing_required_parameter", document({ type: "base64" })],
    [`${block}.source.url`, "invalid_type", document({ type: "url", url: 1 })],
    [`${block}.source.file_id`, "missing_required_parameter", document({ type: "file" })],
    [`${block}.source.data`, "invalid_type", document({ type: "text", data: {} })],
    [`${block}.source.content`, "missing_required_parameter", document({ type: "content" })],
    [`${block}.source.content[0].type`, "invalid_value", document(inner)],
    [`${block}.title`, "invalid_type", document({ type: "url", url: "u" }, { title: 1 })],
    [`${block}.context`, "invalid_type", document({ type: "url", url: "u" }, { context: 1 })],
    [
      `${block}.citations.enabled`,
      "invalid_type",
      document({ type: "url", url: "u" }, { citations: { enabled: 1 } }),
    ],
    [
      `${block}.cache_control`,
      "invalid_type",
      says("user", { type: "text", text: "", cache_control: 1 }),
    ],
    [
      `${block}.cache_control.ttl`,
      "invalid_type",
      says("user", { type: "new", cache_control: { ...mark, ttl: 5 } }),
    ],
    [`${block}.id`, "missing_required_parameter", says("assistant", { type: "tool_use" })],
    [
      `${block}.name`,
      "missing_required_parameter",
      says("assistant", { type: "tool_use", id: "t" }),
    ],
    [
      `${block}.input`,
      "invalid_type",
      says("assistant", { type: "tool_use", id: "t", name: "f", input: "{}" }),
    ],
    [`${block}.thinking`, "missing_required_parameter", says("assistant", { type: "thinking" })],
    [
      `${block}.signature`,
      "invalid_type",
      says("assistant", { type: "thinking", thinking: "", signature: 1 }),
    ],
    [
      `${block}.data`,
      "missing_required_parameter",
      says("assistant", { type: "redacted_thinking" }),
    ],
    [
      `${block}.type`,
      "invalid_value",
      says("user", { type: "tool_use", id: "t", name: "f", input: {} }),
    ],
    [`${block}.type`, "invalid_value", says("user", { type: "thinking", thinking: "" })],
    [
      `${block}.type`,
      "invalid_value",
      says("assistant", { type: "tool_result", tool_use_id: "t" }),
    ],
    [`${block}.tool_use_id`, "missing_required_parameter", says("user", { type: "tool_result" })],
    [`${block}.is_error`, "invalid_type", result("", { is_error: "yes" })],
    [`${block}.content`, "invalid_type", result(3)],
    [
      `${block}.content[1].text`,
      "missing_required_parameter",
      result([{ type: "text", text: "" }, { type: "text" }]),
    ],
    [
      `${block}.content[0].type`,
      "invalid_value",
      result([{ type: "tool_result", tool_use_id: "t" }]),
    ],
    ["system", "invalid_type", { ...least, system: 3 }],
    ["system[0].type", "invalid_value", { ...least, system: [{ type: "image" }] }],
    ["system[0].text", "missing_required_parameter", { ...least, system: [{ type: "text" }] }],
    ["stream", "invalid_type", { ...least, stream: "yes" }],
    ["stop_sequences", "invalid_type", { ...least, stop_sequences: "END" }],
    ["stop_sequences[0]", "invalid_type", { ...least, stop_sequences: [1] }],
    ["temperature", "invalid_type", { ...least, temperature: 1.5 }],
    ["top_p", "invalid_type", { ...least, top_p: -1 }],
    ["top_k", "invalid_type", { ...least, top_k: 0.5 }],
    ["tools", "invalid_type", { ...least, tools: {} }],
    ["tools[0].name", "missing_required_parameter", { ...least, tools: [{ input_schema: {} }] }],
    ["tools[0].input_schema", "missing_required_parameter", { ...least, tools: [{ name: "f" }] }],
    [
      "tools[0].description",
      "invalid_type",
      { ...least, tools: [{ name: "f", input_schema: {}, description: 1 }] },
    ],
    [
      "tools[0].strict",
      "invalid_type",
      { ...least, tools: [{ name: "f", input_schema: {}, strict: 1 }] },
    ],
    ["tools[0].type", "invalid_type", { ...least, tools: [{ type: 3 }] }],
    [
      "tools[0].cache_control",
      "invalid_type",
      { ...least, tools: [{ type: "bash_20250124", cache_control: 1 }] },
    ],
    ["tool_choice", "invalid_type", { ...least, tool_choice: "auto" }],
    ["tool_choice.type", "invalid_value", { ...least, tool_choice: { type: "required" } }],
    ["tool_choice.name", "missing_required_parameter", { ...least, tool_choice: { type: "tool" } }],
    [
      "tool_choice.disable_parallel_tool_use",
      "invalid_type",
      { ...least, tool_choice: { type: "any", disable_parallel_tool_use: 1 } },
    ],
    ["thinking.type", "missing_required_parameter", { ...least, thinking: {} }],
    [
      "thinking.budget_tokens",
      "missing_required_parameter",
      { ...least, thinking: { type: "enabled" } },
    ],
    ["thinking.display", "invalid_type", { ...least, thinking: { type: "adaptive", display: 1 } }],
    ["output_config", "invalid_type", { ...least, output_config: "high" }],
    ["output_config.effort", "invalid_type", { ...least, output_config: { effort: 3 } }],
    [
      "output_config.format.schema",
      "missing_required_parameter",
      { ...least, output_config: { format: { type: "json_schema" } } },
    ],
    ["output_format.type", "missing_required_parameter", { ...least, output_format: {} }],
    ["metadata", "invalid_type", { ...least, metadata: "u" }],
    ["metadata.user_id", "invalid_type", { ...least, metadata: { user_id: 1 } }],
    ["service_tier", "invalid_type", { ...least, service_tier: 1 }],
    ["cache_control.type", "missing_required_parameter", { ...least, cache_control: {} }],
  ])("%s: %s", (param, code, body) => {
    expect(problemOf(body)).toMatchObject({ status: 400, param, code });
    if (param !== null) expect(problemOf(body)?.message).toContain(`'${param}'`);
  });
});

describe("bounds hold before anything is parsed", () => {
  test.each<[string, string]>([
    ["depth", `{"a":${"[".repeat(100)}${"]".repeat(100)}}`],
    [
      "keys",
      JSON.stringify(Object.fromEntries(Array.from({ length: 50_001 }, (_, at) => [at, 0]))),
    ],
    ["items", `[${"0,".repeat(500_001)}0]`],
  ])("on %s", (_name, body) => {
    expect(problemOf(body)?.code).toBe("invalid_json_limits");
  });

  test("and bytes that are no UTF-8 are refused", () => {
    const bytes = new Uint8Array([...bytesOf('{"model":"'), 0xff, ...bytesOf('"}')]);
    const result = readMessagesRequest(bytes, limits, { counting: false });
    expect(result).toMatchObject({ ok: false, problem: { code: "invalid_json" } });
  });

  test("nothing that is JSON makes it throw", () => {
    const near = fc.record(
      { model: fc.jsonValue(), max_tokens: fc.jsonValue(), messages: fc.array(fc.jsonValue()) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), near), fc.boolean(), (body, counting) => {
        const result = read(JSON.stringify(body), counting);
        if (result.ok) expect(result.request.body.messages.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe("where the model stands", () => {
  const modelIn = (body: string) => {
    const result = read(body);
    if (!result.ok) throw new Error(result.problem.message);
    const { bytes, modelSpan, native } = result.request;
    const span =
      modelSpan && new TextDecoder().decode(bytes.subarray(modelSpan.start, modelSpan.end));
    return { span, model: native["model"] };
  };
  const rest = '"max_tokens":1,"messages":[{"role":"user","content":"Hi"}]';
  test("is known for a single one", () => {
    expect(modelIn(`{"model":"a",${rest}}`)).toEqual({ span: '"a"', model: "a" });
  });
  test("is unknown for a repeated one, of which the last counts", () => {
    expect(modelIn(`{"model":"a",${rest},"model":"b"}`)).toEqual({ span: null, model: "b" });
  });
  test("is unknown where any other key is repeated", () => {
    expect(modelIn(`{"model":"a","stream":true,${rest},"stream":false}`).span).toBeNull();
  });
});
