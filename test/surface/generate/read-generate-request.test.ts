import { describe, expect, test } from "vitest";
import { hi, least, read, requestOf, said, user } from "./support.ts";

const config = (generationConfig: object): object => ({ ...least, generationConfig });
const part = (value: object): object => ({
  contents: [hi, { role: "user", parts: [{ text: "a" }, value] }],
});

describe("what is refused, under the name of the field", () => {
  test.each<[unknown, string | null]>([
    ["[]", null],
    ["{", null],
    [{}, "contents"],
    [{ contents: [] }, "contents"],
    [{ contents: "Hi" }, "contents"],
    [{ contents: Array.from({ length: 101 }, () => hi) }, "contents"],
    [{ contents: [{ role: "assistant", parts: [{ text: "a" }] }] }, "contents[0].role"],
    [{ contents: [hi, { role: "model", parts: [] }] }, "contents[1].parts"],
    [{ contents: [hi, { role: "model" }] }, "contents[1].parts"],
    [part({}), "contents[1].parts[1]"],
    [part({ text: 3 }), "contents[1].parts[1].text"],
    [part({ text: "a", thought: "yes" }), "contents[1].parts[1].thought"],
    [part({ inlineData: { data: "QQ==" } }), "contents[1].parts[1].inlineData.mimeType"],
    [part({ inline_data: { mime_type: 3, data: "" } }), "contents[1].parts[1].inlineData.mimeType"],
    [part({ fileData: {} }), "contents[1].parts[1].fileData.fileUri"],
    [part({ functionCall: { args: {} } }), "contents[1].parts[1].functionCall.name"],
    [part({ functionCall: { name: "f", args: [] } }), "contents[1].parts[1].functionCall.args"],
    [
      part({ function_response: { name: "f", response: "x" } }),
      "contents[1].parts[1].functionResponse.response",
    ],
    [{ ...least, systemInstruction: "Be brief." }, "systemInstruction"],
    [{ ...least, system_instruction: { parts: [{ text: 1 }] } }, "systemInstruction.parts[0].text"],
    [
      { ...least, tools: [{ functionDeclarations: [{}] }] },
      "tools[0].functionDeclarations[0].name",
    ],
    [
      { ...least, toolConfig: { functionCallingConfig: { allowedFunctionNames: "f" } } },
      "toolConfig.functionCallingConfig.allowedFunctionNames",
    ],
    [config({ temperature: 3 }), "generationConfig.temperature"],
    [config({ topP: "1" }), "generationConfig.topP"],
    [config({ candidateCount: 0 }), "generationConfig.candidateCount"],
    [config({ maxOutputTokens: 0 }), "generationConfig.maxOutputTokens"],
    [config({ stopSequences: "END" }), "generationConfig.stopSequences"],
    [config({ responseSchema: [] }), "generationConfig.responseSchema"],
    [
      config({ thinkingConfig: { thinkingBudget: -2 } }),
      "generationConfig.thinkingConfig.thinkingBudget",
    ],
  ])("%j", (body, param) => {
    const result = read(body);
    expect(result).toMatchObject({ ok: false, problem: { status: 400, param } });
    if (!result.ok && param !== null) expect(result.problem.message).toContain(`'${param}'`);
  });
});

describe("what is sent to a provider of this wire", () => {
  test("are the client's very bytes", () => {
    const text = ' { "contents" : [{"parts":[{"text":"Hi"}]}], "newThing": {"a_b":1} }';
    const request = requestOf(text);
    expect(request.asSent).toBe(true);
    expect(new TextDecoder().decode(request.bytes)).toBe(text);
    expect(request.modelSpan).toBeNull();
  });

  test("is the canonical spelling, but for names that are the client's own", () => {
    const request = requestOf({
      contents: { parts: { text: "Hi" } },
      system_instruction: { parts: { text: "Be brief." } },
      generation_config: { max_output_tokens: 5, response_schema: { a_b: 1 } },
      tools: [
        { function_declarations: { name: "f", parameters: { max_items: 1 } }, google_search: {} },
      ],
      labels: { cost_center: "x" },
    });
    expect(request.asSent).toBe(false);
    expect(request.native).toEqual({
      contents: [{ parts: [{ text: "Hi" }] }],
      systemInstruction: { parts: [{ text: "Be brief." }] },
      generationConfig: { maxOutputTokens: 5, responseSchema: { a_b: 1 } },
      tools: [
        { functionDeclarations: [{ name: "f", parameters: { max_items: 1 } }], googleSearch: {} },
      ],
      labels: { cost_center: "x" },
    });
  });

  test("holds no empty texts, as they end a stream and its makers refuse them", () => {
    const contents = [hi, said({ text: "a" }), said({ text: "" }), user({ text: "b" })];
    expect(requestOf({ contents }).native["contents"]).toEqual([
      contents[0],
      contents[1],
      contents[3],
    ]);
    const signed = [hi, said({ text: "", thoughtSignature: "c2ln" })];
    expect(requestOf({ contents: signed }).native["contents"]).toEqual(signed);
  });
});

describe("a request that is only counted", () => {
  test("may stand in a wrapping with all its settings", () => {
    const generateContentRequest = { ...least, model: "models/x", systemInstruction: hi };
    const request = requestOf({ generateContentRequest }, { counting: true });
    expect(request.counting).toBe(true);
    expect(request.native).toEqual(generateContentRequest);
    expect(request.body.messages).toHaveLength(2);
  });

  test("names the field at fault inside of it", () => {
    const result = read({ generateContentRequest: { contents: [{}] } }, { counting: true });
    expect(result).toMatchObject({ ok: false, problem: { param: "contents[0].parts" } });
  });
});

test("model and stream come from the address", () => {
  const { body } = requestOf({ ...least, model: "models/other" }, { model: "x/y:z", stream: true });
  expect(body).toMatchObject({ model: "x/y:z", stream: true });
});

test("a name in a body never reaches a prototype", () => {
  const request = requestOf(
    '{"contents":[{"parts":[{"text":"Hi"}]}],"__proto__":{"polluted":1},"a_b":1}',
  );
  expect(request.conversation().model).toBe("policy");
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(Object.getPrototypeOf(request.native)).toBe(Object.prototype);
});
