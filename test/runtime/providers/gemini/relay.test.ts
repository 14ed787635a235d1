import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Target } from "../../../../src/catalog/target.ts";
import type { ModelRequest } from "../../../../src/protocol/model-request.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { createGeminiAdapter } from "../../../../src/runtime/providers/gemini/adapter.ts";
import {
  type GenerateAddress,
  readGenerateRequest,
} from "../../../../src/surface/generate/read-generate-request.ts";
import { readMessagesRequest } from "../../../../src/surface/messages/read-messages-request.ts";
import { eventStream, head, provider, readAll, target } from "../support.ts";

const adapter = createGeminiAdapter();
const limits = { maxDepth: 64, maxKeys: 50_000, maxMessages: 100 };
const json = head({ "content-type": "application/json" });

function requestOf(body: unknown, address: Partial<GenerateAddress> = {}): ModelRequest {
  const bytes = new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
  const where = { model: "auto", stream: false, counting: false, listed: false, ...address };
  const read = readGenerateRequest(bytes, limits, where);
  if (!read.ok) throw new Error(read.problem.message);
  return read.request;
}

/** Anthropic's way to ask for a count. */
function countOfMessages(): ModelRequest {
  const body = { model: "auto", messages: [{ role: "user", content: "Hi" }] };
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const read = readMessagesRequest(bytes, limits, { counting: true });
  if (!read.ok) throw new Error(read.problem.message);
  return read.request;
}

interface Around {
  readonly target?: Partial<Target>;
  readonly overrides?: Overrides;
}

function prepared(request: ModelRequest, { target: fields = {}, overrides = {} }: Around = {}) {
  const made = adapter.prepare(
    request,
    target({ model: "gemini-2.5-flash", ...fields }),
    provider("gemini", { url: "https://g.example/v1beta" }),
    overrides,
  );
  if (!made.ok) throw new Error(made.failure.message);
  const { path, body, dropped } = made.request;
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  return { path, text, dropped, body: JSON.parse(text) as Record<string, unknown> };
}

const contents = [{ role: "user", parts: [{ text: "Hi" }] }];
const configOf = (generationConfig: object, around: Around): unknown =>
  prepared(requestOf({ contents, generationConfig }), around).body["generationConfig"];

describe("a body on its way up", () => {
  test("is the client's bytes where nothing changes, at the path of what was asked", () => {
    const text = ' {"contents":[{"parts":[{"text":"Hi"}]}] , "new_thing":1.0}';
    expect(prepared(requestOf(text.replace("new_thing", "newThing")))).toMatchObject({
      path: "/v1beta/models/gemini-2.5-flash:generateContent",
      text: text.replace("new_thing", "newThing"),
      dropped: [],
    });
    const streamed = prepared(requestOf({ contents }, { stream: true, listed: true }));
    expect(streamed.path).toBe("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
  });

  test.each<[string, object, Around, unknown]>([
    [
      "the plan's ceiling",
      { maxOutputTokens: 500 },
      { overrides: { maxTokens: 20 } },
      { maxOutputTokens: 20 },
    ],
    [
      "the client's lower one",
      { maxOutputTokens: 5 },
      { overrides: { maxTokens: 20 } },
      { maxOutputTokens: 5 },
    ],
    [
      "a ceiling where the client has none",
      { topK: 1 },
      { overrides: { maxTokens: 20 } },
      { topK: 1, maxOutputTokens: 20 },
    ],
    [
      "the model's own most",
      { maxOutputTokens: 500 },
      { target: { maxOutputTokens: 100 } },
      { maxOutputTokens: 100 },
    ],
    [
      "what the policy sets",
      { temperature: 1, topK: 3 },
      { overrides: { set: { temperature: 0.1, top_p: 0.5, seed: 3, stop: "END", user: "u" } } },
      { temperature: 0.1, topK: 3, topP: 0.5, seed: 3, stopSequences: ["END"] },
    ],
    [
      "an effort in place of the client's budget",
      { thinkingConfig: { thinkingBudget: 9000, includeThoughts: true } },
      { overrides: { set: { reasoning_effort: "low" } } },
      { thinkingConfig: { thinkingBudget: 2048, includeThoughts: true } },
    ],
    [
      "an effort within half of the client's limit",
      { maxOutputTokens: 1000 },
      { overrides: { set: { reasoning_effort: "low" } } },
      { maxOutputTokens: 1000, thinkingConfig: { thinkingBudget: 500, includeThoughts: false } },
    ],
    [
      "no penalty where the model takes none",
      { topK: 1 },
      { overrides: { set: { presence_penalty: 1 } } },
      { topK: 1 },
    ],
    [
      "no sampling where the model refuses it",
      { temperature: 1, seed: 2 },
      { target: { rejectsSampling: true } },
      { seed: 2 },
    ],
  ])("holds %s", (_, asked, around, expected) => {
    expect(configOf(asked, around)).toEqual(expected);
  });

  test("tells of settings that were left out", () => {
    const request = requestOf({ contents, generationConfig: { temperature: 0.2 } });
    const { dropped } = prepared(request, { target: { rejectsSampling: true } });
    expect(dropped).toEqual(["generationConfig.temperature"]);
  });

  test("signs calls that nobody signed, for models that want that", () => {
    const call = { functionCall: { name: "f", args: {} } };
    const signed = { ...call, thoughtSignature: "c2ln" };
    const asked = {
      contents: [
        ...contents,
        { role: "model", parts: [call, call] },
        { role: "user", parts: [{ functionResponse: { name: "f", response: {} } }] },
        { role: "model", parts: [signed, call] },
      ],
    };
    expect(prepared(requestOf(asked)).body).toEqual(asked);
    const { body } = prepared(requestOf(asked), { target: { model: "gemini-3.8-flash" } });
    expect(body["contents"]).toMatchObject([
      {},
      { parts: [{ thoughtSignature: "skip_thought_signature_validator" }, call] },
      {},
      { parts: [signed, call] },
    ]);
  });

  test("asks for the plan's tier where the target has it, and for none dearer where not", () => {
    const asked = requestOf({ contents, serviceTier: "priority" });
    const table = { effectiveFrom: Number.NEGATIVE_INFINITY, bands: [], batchShare: null };
    const prices = [{ ...table, tiers: { flex: 0.5 } }];
    const tierUnder = (around: Around): unknown => prepared(asked, around).body["serviceTier"];
    expect(tierUnder({})).toBe("priority");
    expect(tierUnder({ overrides: { tier: "flex" } })).toBeUndefined();
    expect(tierUnder({ overrides: { tier: "flex" }, target: { prices } })).toBe("flex");
  });

  test("names no model but the one in the path", () => {
    expect(prepared(requestOf({ contents, model: "models/other" })).body).toEqual({ contents });
  });
});

describe("a count", () => {
  test.each<[string, ModelRequest, unknown]>([
    ["of contents alone", requestOf({ contents }, { counting: true }), { contents }],
    [
      "of more",
      requestOf({ contents, systemInstruction: contents[0] }, { counting: true }),
      {
        generateContentRequest: {
          contents,
          systemInstruction: contents[0],
          model: "models/gemini-2.5-flash",
        },
      },
    ],
    [
      "of another wire's request",
      countOfMessages(),
      { generateContentRequest: { contents, model: "models/gemini-2.5-flash" } },
    ],
  ])("%s", (_, request, body) => {
    const made = prepared(request);
    expect(made.path).toBe("/v1beta/models/gemini-2.5-flash:countTokens");
    expect(made.body).toEqual(body);
  });

  test("comes back as it came; what is none is a failure", () => {
    const request = requestOf({ contents }, { counting: true });
    const told = (body: object) =>
      adapter.readBody(json, new TextEncoder().encode(JSON.stringify(body)), request);
    const answer = told({ totalTokens: 7, more: 1 });
    expect(answer.ok && new TextDecoder().decode(answer.reply.body as Uint8Array)).toBe(
      '{"totalTokens":7,"more":1}',
    );
    expect(told({ candidates: [] })).toMatchObject({
      ok: false,
      failure: { cause: "server_error" },
    });
  });
});

const response = (told: string, more: object = {}) => ({
  candidates: [{ content: { role: "model", parts: [{ text: told }] }, index: 0, ...more }],
  usageMetadata: {
    promptTokenCount: 3,
    candidatesTokenCount: 2,
    totalTokenCount: 5,
    serviceTier: "flex",
  },
  beyond: "höm",
});
const pieces = [response("a"), response("b"), response("", { finishReason: "STOP" })];
const stream = pieces.map((piece) => `data: ${JSON.stringify(piece)}\r\n\r\n`).join("");
const bytes = new TextEncoder().encode(stream);
const opened = (listed = false, headers = eventStream) =>
  adapter.openStream(headers, requestOf({ contents }, { stream: true, listed }));

describe("an answer on its way down", () => {
  test("stays as it is, read for its counts and finish", () => {
    const text = ` ${JSON.stringify(response("a", { finishReason: "MAX_TOKENS" }))}\n`;
    const answer = adapter.readBody(json, new TextEncoder().encode(text), requestOf({ contents }));
    if (!answer.ok) throw new Error(answer.failure.message);
    expect(new TextDecoder().decode(answer.reply.body as Uint8Array)).toBe(text);
    expect(answer.reply).toMatchObject({
      usage: { inputTokens: 3, outputTokens: 2, tier: "flex" },
      finishReason: "length",
    });
  });

  test.each([
    [{ promptFeedback: { blockReason: "SAFETY" } }, "content_filtered"],
    [{ candidates: [{ finishReason: "MALFORMED_FUNCTION_CALL" }] }, "server_error"],
    [{ error: { code: 429, status: "RESOURCE_EXHAUSTED", message: "no" } }, "rate_limited"],
  ])("is a failure where it tells of one: %j", (body, cause) => {
    const told = new TextEncoder().encode(JSON.stringify(body));
    expect(adapter.readBody(json, told, requestOf({ contents }))).toMatchObject({
      ok: false,
      failure: { cause },
    });
  });

  test("as a stream stays as it is, however it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
        const { out, reader } = readAll(opened(), bytes, cuts);
        expect(out).toBe(stream);
        expect(reader).toMatchObject({
          done: true,
          failure: null,
          meaningful: true,
          finishReason: "stop",
          usage: { inputTokens: 3, outputTokens: 2, tier: "flex" },
        });
      }),
    );
  });

  test("is one list where the client asked for that, however it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
        expect(JSON.parse(readAll(opened(true), bytes, cuts).out)).toEqual(pieces);
      }),
    );
  });

  test("that came whole where a stream was asked for is a stream of one piece", () => {
    const whole = response("a", { finishReason: "STOP" });
    const told = new TextEncoder().encode(JSON.stringify(whole, null, 2));
    const { out, reader } = readAll(opened(false, json), told);
    expect(out).toBe(`data: ${JSON.stringify(whole)}\r\n\r\n`);
    expect(reader.done).toBe(true);
    const list = new TextEncoder().encode(JSON.stringify(pieces));
    expect(JSON.parse(readAll(opened(true, json), list).out)).toEqual(pieces);
  });

  test("loses the end mark of relays, which this wire's clients cannot read", () => {
    const told = new TextEncoder().encode(`${stream}data: [DONE]\n\n`);
    expect(readAll(opened(), told).out).toBe(stream);
  });

  test.each([
    [
      "an error as an event",
      `data: {"error":{"code":503,"status":"UNAVAILABLE"}}\r\n\r\n`,
      "overloaded",
    ],
    ["an error that is no event", `{"error":{"code":503,"status":"UNAVAILABLE"}}`, "overloaded"],
    ["a cut", "", "cut_stream"],
  ])("that breaks by %s is a failure, and nothing of that is handed on", (_, rest, cause) => {
    const begun = `data: ${JSON.stringify(response("a"))}\r\n\r\n`;
    const { out, reader } = readAll(opened(), new TextEncoder().encode(begun + rest), [
      begun.length,
    ]);
    expect(reader.failure).toMatchObject({ cause });
    expect(out).toBe(begun);
  });
});

test.each([true, false])(
  "what came before an error in the same bytes is handed on: listed %s",
  (listed) => {
    const good = {
      candidates: [{ content: { parts: [{ text: "Hi" }], role: "model" }, index: 0 }],
    };
    const error = { error: { code: 503, status: "UNAVAILABLE", message: "overloaded" } };
    const reader = adapter.openStream(
      eventStream,
      requestOf({ contents }, { stream: true, listed }),
    );
    const text = [good, error].map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`).join("");
    const out = reader.push(new TextEncoder().encode(text));
    expect(new TextDecoder().decode(out ?? undefined)).toBe(
      listed ? `[${JSON.stringify(good)}` : `data: ${JSON.stringify(good)}\r\n\r\n`,
    );
    expect(reader.failure?.cause).toBe("overloaded");
  },
);

test("of a whole answer that is an error nothing is handed on", () => {
  const reader = adapter.openStream(json, requestOf({ contents }, { stream: true }));
  const { out } = readAll(reader, new TextEncoder().encode('{"error":{"code":503,"message":"x"}}'));
  expect(out).toBe("");
  expect(reader.failure).not.toBeNull();
});
