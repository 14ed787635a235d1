import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Conversation, Fields, Part } from "../../../src/protocol/conversation.ts";
import { hi, least, requestOf, said, user } from "./support.ts";

const conversation = (body: Fields): Conversation => requestOf(body).conversation();
const configured = (generationConfig: Fields): Conversation =>
  conversation({ ...least, generationConfig });
/** The parts of the last turn, without their places. */
const lastParts = (...contents: Fields[]): readonly Omit<Part, "path">[] =>
  (conversation({ contents }).turns.at(-1)?.parts ?? []).map(({ path: _path, ...part }) => part);

const noProof = { signature: null, encrypted: null, id: null, model: null };

describe("parts", () => {
  const png = { mimeType: "image/PNG", data: "iVBO" };
  test.each<[string, Fields, unknown]>([
    ["text", { text: "a" }, { kind: "text", text: "a" }],
    [
      "a picture",
      { inlineData: png },
      {
        kind: "image",
        source: { kind: "data", mediaType: "image/png", data: "iVBO" },
        detail: null,
      },
    ],
    [
      "sound",
      { inlineData: { mimeType: "audio/mpeg", data: "AA==" } },
      { kind: "audio", data: "AA==", format: "mp3" },
    ],
    [
      "a file",
      { inlineData: { mimeType: "application/pdf", data: "JVBE", displayName: "a.pdf" } },
      {
        kind: "file",
        source: { kind: "data", mediaType: "application/pdf", data: "JVBE" },
        name: "a.pdf",
        context: null,
        cites: false,
      },
    ],
    [
      "a picture by its address",
      { fileData: { fileUri: "https://a/b.png", mimeType: "image/png" } },
      { kind: "image", source: { kind: "url", url: "https://a/b.png" }, detail: null },
    ],
    [
      "a file at Google's",
      { fileData: { fileUri: "https://generativelanguage.googleapis.com/v1beta/files/x" } },
      { kind: "foreign", dialect: "generate", type: "fileData" },
    ],
    [
      "code that was run",
      { executableCode: { code: "1" } },
      { kind: "foreign", type: "executableCode" },
    ],
    ["what is newer than this code", { hologram: { a: 1 } }, { kind: "foreign", type: "hologram" }],
    [
      "a video with its bounds",
      { inlineData: { mimeType: "video/mp4", data: "AA==" }, videoMetadata: { fps: 1 } },
      { kind: "file", foreign: { videoMetadata: { fps: 1 } } },
    ],
  ])("%s", (_, part, expected) => {
    expect(lastParts(user(part))).toMatchObject([expected as object]);
  });

  test("an empty text is none", () => {
    expect(conversation({ contents: [hi, said({ text: "" }), hi] }).turns).toHaveLength(2);
  });

  test("a path names where it stands", () => {
    const { turns } = conversation({ contents: [hi, said({ text: "" }, { text: "b" })] });
    expect(turns[1]).toMatchObject({
      path: "contents[1]",
      parts: [{ path: "contents[1].parts[1]" }],
    });
  });
});

describe("turns of the model", () => {
  test("are one where a stream's pieces came one by one, thoughts whole", () => {
    const parts = lastParts(
      hi,
      said({ text: "I ", thought: true }),
      said({ text: "think", thought: true }),
      said({ text: "Yes" }),
      said({ text: "", thoughtSignature: "c2ln" }),
    );
    expect(parts).toEqual([
      { kind: "reasoning", reasoning: { text: "I think", summary: true, ...noProof } },
      { kind: "text", text: "Yes" },
      {
        kind: "reasoning",
        reasoning: { text: "", summary: true, ...noProof, signature: "c2ln", dialect: "generate" },
      },
    ]);
  });

  test("keep two proved thoughts apart", () => {
    const parts = lastParts(
      hi,
      said({ text: "a", thought: true, thoughtSignature: "c2ln" }, { text: "b", thought: true }),
    );
    expect(parts.map((part) => part.kind)).toEqual(["reasoning", "reasoning"]);
  });
});

describe("calls and their results", () => {
  const call = (name: string, more: Fields = {}) => ({ functionCall: { name, ...more } });
  const result = (name: string, more: Fields = {}) => ({
    functionResponse: { name, response: { output: name }, ...more },
  });
  const idsOf = (...contents: Fields[]): readonly string[] =>
    conversation({ contents }).turns.flatMap(({ parts }) =>
      parts.map((part) => {
        if (part.kind === "call") return `${part.name}=${part.id}`;
        return part.kind === "result" ? `-> ${part.callId}` : part.kind;
      }),
    );

  test("are paired by id", () => {
    const calls = said(call("f", { id: "x" }), call("f", { id: "y" }));
    expect(idsOf(hi, calls, user(result("f", { id: "y" }), result("f", { id: "x" })))).toEqual([
      "text",
      "f=x",
      "f=y",
      "-> y",
      "-> x",
    ]);
  });

  test("are paired by name and order where ids are absent", () => {
    const calls = said(call("f"), call("g"), call("f"));
    const results = user(result("g"), result("f"), result("f"));
    expect(idsOf(hi, calls, results)).toEqual([
      "text",
      "f=call_1_0",
      "g=call_1_1",
      "f=call_1_2",
      "-> call_1_1",
      "-> call_1_0",
      "-> call_1_2",
    ]);
  });

  test("are paired where one side alone bears the id", () => {
    expect(idsOf(hi, said(call("f", { id: "x" })), user(result("f")))).toEqual([
      "text",
      "f=x",
      "-> x",
    ]);
    expect(idsOf(hi, said(call("f")), user(result("f", { id: "x" })))).toEqual([
      "text",
      "f=call_1_0",
      "-> call_1_0",
    ]);
  });

  test("never reach back behind a later turn of the model", () => {
    const contents = [hi, said(call("f")), hi, said(call("f")), user(result("f"))];
    expect(idsOf(...contents).at(-1)).toBe("-> call_3_0");
  });

  test("get no id that a call of the client's has already", () => {
    const contents = [hi, said(call("f"), call("g", { id: "call_1_0" }))];
    expect(idsOf(...contents)).toEqual(["text", "f=call_1_0_1", "g=call_1_0"]);
  });

  test("keep their ids as the conversation grows, and every call has its own", () => {
    const side = fc.record({ name: fc.constantFrom("f", "g"), told: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(fc.array(side, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
        (rounds) => {
          const contents = rounds.flatMap((calls, at) => [
            said(
              ...calls.map(({ name, told }, nth) =>
                call(name, told ? { id: `t${at}_${nth}` } : {}),
              ),
            ),
            user(
              ...calls.map(({ name, told }, nth) =>
                result(name, told ? { id: `t${at}_${nth}` } : {}),
              ),
            ),
          ]);
          const ids = idsOf(hi, ...contents);
          const called = ids.filter((id) => id.includes("=")).map((id) => id.split("=")[1]);
          const answered = ids.filter((id) => id.startsWith("->")).map((id) => id.slice(3));
          expect(new Set(called).size).toBe(called.length);
          expect(answered.toSorted()).toEqual(called.toSorted());
          const fewer = idsOf(hi, ...contents.slice(0, -1));
          expect(ids.slice(0, fewer.length)).toEqual(fewer);
        },
      ),
    );
  });

  test.each<[unknown, string, boolean]>([
    [{ output: "rain" }, "rain", false],
    [{ result: { c: 7 } }, '{"c":7}', false],
    [{ error: "no such city" }, "no such city", true],
    [{ output: "a", more: 1 }, '{"output":"a","more":1}', false],
    [{ temperature: 7 }, '{"temperature":7}', false],
  ])("a result of %j is its text", (response, text, isError) => {
    expect(
      lastParts(hi, said(call("f")), user({ functionResponse: { name: "f", response } })),
    ).toMatchObject([{ kind: "result", parts: [{ kind: "text", text }], isError }]);
  });

  test("a result shows what it holds beside text", () => {
    const parts = [{ inlineData: { mimeType: "image/png", data: "iVBO" } }];
    expect(lastParts(hi, said(call("f")), user(result("f", { parts })))).toMatchObject([
      {
        parts: [
          { kind: "text" },
          { kind: "image", path: "contents[2].parts[0].functionResponse.parts[0]" },
        ],
      },
    ]);
  });

  test("a call keeps its signature", () => {
    expect(
      lastParts(hi, said({ ...call("f", { args: { a: 1 } }), thoughtSignature: "c2ln" })),
    ).toMatchObject([{ kind: "call", args: '{"a":1}', signature: "c2ln" }]);
  });
});

describe("settings", () => {
  test.each<[string, Fields, unknown]>([
    [
      "sampling and bounds",
      {
        temperature: 0.5,
        topP: 0.9,
        topK: 4,
        seed: 7,
        presencePenalty: 1,
        frequencyPenalty: -1,
        maxOutputTokens: 50,
        stopSequences: ["A", "B"],
        candidateCount: 2,
        responseLogprobs: true,
        logprobs: 3,
      },
      {
        sampling: {
          temperature: 0.5,
          topP: 0.9,
          topK: 4,
          seed: 7,
          presencePenalty: 1,
          frequencyPenalty: -1,
          topLogprobs: 3,
        },
        maxTokens: 50,
        stops: ["A", "B"],
        choices: 2,
        foreign: {},
      },
    ],
    ["no logprobs without the switch", { logprobs: 3 }, { sampling: { topLogprobs: null } }],
    ["JSON", { responseMimeType: "application/json" }, { format: { kind: "object" } }],
    [
      "a JSON Schema",
      {
        responseMimeType: "application/json",
        responseJsonSchema: { type: "object", title: "Trip" },
      },
      { format: { kind: "schema", name: "Trip", schema: { type: "object", title: "Trip" } } },
    ],
    [
      "a schema in the wire's words",
      { responseMimeType: "application/json", responseSchema: { type: "OBJECT" } },
      { format: { kind: "schema", name: null, schema: { type: "object" } } },
    ],
    [
      "a type that no other wire has",
      { responseMimeType: "text/x.enum", responseSchema: { type: "STRING", enum: ["a"] } },
      { format: { kind: "text" }, foreign: { responseMimeType: "text/x.enum" } },
    ],
    [
      "thinking off",
      { thinkingConfig: { thinkingBudget: 0 } },
      { reasoning: { enabled: false, budgetTokens: null } },
    ],
    [
      "thinking as it likes",
      { thinkingConfig: { thinkingBudget: -1 } },
      { reasoning: { enabled: true, budgetTokens: null } },
    ],
    [
      "a budget, shown",
      { thinkingConfig: { thinkingBudget: 4000, includeThoughts: true } },
      { reasoning: { enabled: true, budgetTokens: 4000, summary: "auto" } },
    ],
    [
      "a level, hidden",
      { thinkingConfig: { thinkingLevel: "HIGH", includeThoughts: false } },
      { reasoning: { effort: "high", enabled: null, summary: "omitted" } },
    ],
    ["media", { responseModalities: ["IMAGE"] }, { foreign: { responseModalities: ["IMAGE"] } }],
  ])("%s", (_, config, expected) => {
    expect(configured(config)).toMatchObject(expected as object);
  });

  test.each<[Fields, unknown]>([
    [{ mode: "AUTO" }, { kind: "auto" }],
    [{ mode: "VALIDATED" }, { kind: "auto" }],
    [{ mode: "NONE" }, { kind: "none" }],
    [{ mode: "ANY" }, { kind: "required" }],
    [
      { mode: "ANY", allowedFunctionNames: ["f"] },
      { kind: "named", name: "f", custom: false },
    ],
    [
      { mode: "any", allowed_function_names: ["f", "g"] },
      { kind: "allowed", mustCall: true, names: ["f", "g"] },
    ],
  ])("a choice of tools %j", (functionCallingConfig, expected) => {
    expect(conversation({ ...least, toolConfig: { functionCallingConfig } }).toolChoice).toEqual(
      expected,
    );
  });

  test("tools of the provider's own stand beside functions", () => {
    const { tools } = conversation({
      ...least,
      tools: [
        { functionDeclarations: [{ name: "f", parameters: { type: "OBJECT" } }] },
        { google_search: {} },
      ],
    });
    expect(tools).toMatchObject([
      {
        kind: "function",
        name: "f",
        parameters: { type: "object" },
        path: "tools[0].functionDeclarations[0]",
      },
      {
        kind: "foreign",
        type: "googleSearch",
        value: { googleSearch: {} },
        path: "tools[1].googleSearch",
      },
    ]);
  });

  test("what this wire alone has is kept under its name", () => {
    const foreign = {
      safetySettings: [{ category: "a" }],
      labels: { a: "b" },
      cachedContent: "cachedContents/x",
    };
    expect(conversation({ ...least, ...foreign, serviceTier: "standard" })).toMatchObject({
      foreign,
      tier: "default",
    });
  });
});
