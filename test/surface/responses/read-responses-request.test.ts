import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readResponsesRequest } from "../../../src/surface/responses/read-responses-request.ts";
import { asked, bytesOf, limits } from "./support.ts";

const read = (body: unknown) =>
  readResponsesRequest(bytesOf(typeof body === "string" ? body : JSON.stringify(body)), limits);
const problemOf = (body: unknown) => {
  const result = read(body);
  return result.ok ? null : result.problem;
};
const least = { model: "m", input: "Hi" };
const said = (content: unknown, role = "user") => ({ ...least, input: [{ role, content }] });

describe("a body that fits", () => {
  test.each<[string, unknown]>([
    ["the least one", least],
    ["2,048 items", { ...least, input: Array(2048).fill({ role: "user", content: "a" }) }],
    [
      "null for absent fields",
      { ...least, instructions: null, tools: null, text: null, reasoning: null, temperature: null },
    ],
    ["unknown fields of any type", { ...least, top_k: 3, extra: { a: [1] } }],
    ["no input, where the provider keeps it", { model: "m", previous_response_id: "resp_1" }],
    ["an empty input behind a conversation", { model: "m", conversation: { id: "c" }, input: [] }],
    ["a prompt of the provider's", { model: "m", prompt: { id: "p" } }],
    [
      "parts of every kind",
      said([
        { type: "input_text", text: "a" },
        { type: "input_image", image_url: "https://x/y.png", detail: "low" },
        { type: "input_image", file_id: "f", image_url: null },
        { type: "input_file", file_data: "AA==", filename: "a.pdf" },
        { type: "input_file", file_url: "https://x/y.pdf" },
        { type: "brand_new", whatever: 1 },
      ]),
    ],
    [
      "items of every kind",
      {
        ...least,
        input: [
          { role: "developer", content: "Be brief" },
          {
            type: "message",
            role: "assistant",
            content: [
              { type: "output_text", text: "a", annotations: [] },
              { type: "refusal", refusal: "no" },
            ],
          },
          {
            type: "reasoning",
            id: "rs_1",
            summary: [{ type: "summary_text", text: "s" }],
            encrypted_content: null,
          },
          { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
          { type: "function_call_output", call_id: "c", output: "ok" },
          { type: "custom_tool_call", call_id: "d", name: "g", input: "x" },
          {
            type: "custom_tool_call_output",
            call_id: "d",
            output: [{ type: "input_text", text: "ok" }],
          },
          { type: "web_search_call", id: "ws_1" },
        ],
      },
    ],
    [
      "every option",
      {
        ...least,
        stream: true,
        stream_options: { include_obfuscation: false },
        max_output_tokens: 5,
        temperature: 2,
        top_p: 0,
        top_logprobs: 3,
        tools: [
          { type: "function", name: "f", parameters: null, strict: null },
          { type: "custom", name: "g", format: { type: "text" } },
          { type: "web_search" },
        ],
        tool_choice: {
          type: "allowed_tools",
          mode: "auto",
          tools: [{ type: "function", name: "f" }],
        },
        text: {
          format: { type: "json_schema", name: "s", schema: {}, strict: true },
          verbosity: "low",
        },
        reasoning: { effort: "low", summary: "auto" },
        include: ["reasoning.encrypted_content"],
        metadata: { a: "b" },
      },
    ],
  ])("is read: %s", (_name, body) => {
    expect(problemOf(body)).toBeNull();
  });
});

describe("a body that does not fit is refused, and the field named", () => {
  test.each<[string, string | null, unknown]>([
    ["no object", null, "[]"],
    ["no JSON", null, "{"],
    ["no model", "model", { input: "a" }],
    ["a model of another type", "model", { model: 3, input: "a" }],
    ["no input", "input", { model: "m" }],
    ["an empty input", "input", { model: "m", input: [] }],
    ["an input of another type", "input", { model: "m", input: 3 }],
    [
      "too many items",
      "input",
      { ...least, input: Array(2049).fill({ role: "user", content: "a" }) },
    ],
    ["an item that is none", "input[0]", { ...least, input: ["a"] }],
    ["an item without type and role", "input[0].type", { ...least, input: [{ content: "a" }] }],
    [
      "a message without a role",
      "input[0].role",
      { ...least, input: [{ type: "message", content: "a" }] },
    ],
    ["a role of another API", "input[0].role", said("a", "tool")],
    ["a message without content", "input[0].content", { ...least, input: [{ role: "user" }] }],
    [
      "a part without a type",
      "input[0].content[1].type",
      said([{ type: "input_text", text: "a" }, {}]),
    ],
    ["a text that is none", "input[0].content[0].text", said([{ type: "input_text", text: 3 }])],
    ["an image without a place", "input[0].content[0].image_url", said([{ type: "input_image" }])],
    [
      "an image in the shape of chat completions",
      "input[0].content[0].image_url",
      said([{ type: "input_image", image_url: { url: "x" } }]),
    ],
    [
      "a file without a place",
      "input[0].content[0].file_data",
      said([{ type: "input_file", filename: "a" }]),
    ],
    [
      "annotations that are none",
      "input[0].content[0].annotations",
      said([{ type: "output_text", text: "a", annotations: "b" }], "assistant"),
    ],
    [
      "a call without its id",
      "input[0].call_id",
      { ...least, input: [{ type: "function_call", name: "f", arguments: "{}" }] },
    ],
    [
      "arguments that are no text",
      "input[0].arguments",
      { ...least, input: [{ type: "function_call", call_id: "c", name: "f", arguments: {} }] },
    ],
    [
      "an output that is missing",
      "input[0].output",
      { ...least, input: [{ type: "function_call_output", call_id: "c" }] },
    ],
    [
      "an output's part",
      "input[0].output[0].text",
      {
        ...least,
        input: [{ type: "function_call_output", call_id: "c", output: [{ type: "input_text" }] }],
      },
    ],
    [
      "a custom call without input",
      "input[0].input",
      { ...least, input: [{ type: "custom_tool_call", call_id: "c", name: "f" }] },
    ],
    [
      "thinking that is no text",
      "input[0].summary[0].text",
      { ...least, input: [{ type: "reasoning", summary: [{}] }] },
    ],
    [
      "encrypted thinking that is no text",
      "input[0].encrypted_content",
      { ...least, input: [{ type: "reasoning", summary: [], encrypted_content: 3 }] },
    ],
    ["instructions that are no text", "instructions", { ...least, instructions: ["a"] }],
    ["a temperature out of bounds", "temperature", { ...least, temperature: 3 }],
    ["a limit of none", "max_output_tokens", { ...least, max_output_tokens: 0 }],
    ["include that is no list", "include", { ...least, include: "a" }],
    ["tools that are no list", "tools", { ...least, tools: {} }],
    ["a tool without a type", "tools[0].type", { ...least, tools: [{ name: "f" }] }],
    [
      "a tool in the shape of chat completions",
      "tools[0].name",
      { ...least, tools: [{ type: "function", function: { name: "f" } }] },
    ],
    [
      "parameters that are no schema",
      "tools[0].parameters",
      { ...least, tools: [{ type: "function", name: "f", parameters: "a" }] },
    ],
    [
      "a choice without a name",
      "tool_choice.name",
      { ...least, tool_choice: { type: "function" } },
    ],
    [
      "allowed tools without a mode",
      "tool_choice.mode",
      { ...least, tool_choice: { type: "allowed_tools", tools: [] } },
    ],
    [
      "allowed tools that are no list",
      "tool_choice.tools",
      { ...least, tool_choice: { type: "allowed_tools", mode: "auto" } },
    ],
    ["a format without a type", "text.format.type", { ...least, text: { format: {} } }],
    [
      "a schema in the shape of chat completions",
      "text.format.name",
      {
        ...least,
        text: { format: { type: "json_schema", json_schema: { name: "s", schema: {} } } },
      },
    ],
    [
      "a schema that is none",
      "text.format.schema",
      { ...least, text: { format: { type: "json_schema", name: "s" } } },
    ],
    ["an effort that is no text", "reasoning.effort", { ...least, reasoning: { effort: 3 } }],
  ])("%s: %s", (_name, param, body) => {
    expect(problemOf(body)).toMatchObject({ status: 400, type: "invalid_request_error", param });
  });

  test.each<[string, string, Uint8Array]>([
    ["nested too deep", "invalid_json_limits", bytesOf(`{"model":"m","input":${"[".repeat(65)}`)],
    [
      "of too many items",
      "invalid_json_limits",
      bytesOf(`{"model":"m","input":[${"1,".repeat(500_001)}`),
    ],
    ["not UTF-8", "invalid_json", new Uint8Array([0x22, 0xff, 0x22])],
  ])("JSON that is %s", (_name, code, bytes) => {
    const result = readResponsesRequest(bytes, limits);
    expect(result).toMatchObject({ ok: false, problem: { code } });
  });
});

describe("what is read", () => {
  test("keeps the bytes, where the model stands in them, and the body", () => {
    const text = '{"input":"Hi","model":"m"}';
    const result = read(`\uFEFF${text}`);
    if (!result.ok) throw new Error(result.problem.message);
    const { bytes, modelSpan, native } = result.request;
    expect(new TextDecoder().decode(bytes)).toBe(text);
    expect(text.slice(modelSpan?.start, modelSpan?.end)).toBe('"m"');
    expect(native).toEqual({ model: "m", input: "Hi" });
  });

  test("tells no place of the model when a key is repeated", () => {
    const result = read('{"model":"a","input":"Hi","input":"Ho"}');
    expect(result).toMatchObject({ ok: true, request: { modelSpan: null } });
  });

  test("is a conversation and a chat body, each made once", () => {
    const request = asked();
    expect(request.conversation()).toBe(request.conversation());
    expect(request.body).toBe(request.body);
    expect(request.body.messages).toMatchObject([{ role: "user", content: "Hi" }]);
  });

  test("never throws, whatever is sent", () => {
    const value = fc.dictionary(
      fc.constantFrom(
        "model",
        "input",
        "tools",
        "text",
        "reasoning",
        "tool_choice",
        "role",
        "content",
        "type",
      ),
      fc.jsonValue({ maxDepth: 4 }),
    );
    fc.assert(
      fc.property(value, (body) => {
        const result = read({ ...least, ...body });
        if (result.ok) expect(result.request.conversation().turns).toBeDefined();
      }),
    );
  });
});
