import fc from "fast-check";
import { expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import {
  decodeGenerated,
  PartDecoder,
  type PartReading,
} from "../../../src/runtime/bridge/part-decoder.ts";
import { sdkFailure } from "../../../src/runtime/bridge/sdk-failure.ts";

const reading: PartReading = {
  id: "ours",
  model: "m",
  created: 7,
  failureOf: (error) =>
    sdkFailure(error) ?? { cause: "server_error", retrySame: false, message: "package" },
  warned: () => undefined,
};

function decode(parts: readonly unknown[]) {
  const decoder = new PartDecoder(reading);
  const events = parts.flatMap((part) => decoder.push(part));
  return { events: [...events, ...decoder.end()], decoder };
}

const stop = (fields: object = {}) => ({
  type: "finish",
  finishReason: { unified: "stop", raw: "end" },
  usage: { inputTokens: { total: 3 }, outputTokens: { total: 2 } },
  ...fields,
});
/** An error as every version of the AI SDK marks its own. */
const sdkError = (name: string, message: string, fields: object = {}): Error =>
  Object.assign(new Error(message), {
    [Symbol.for(`vercel.ai.error.AI_${name}`)]: true,
    ...fields,
  });
const kinds = (events: readonly AnswerEvent[]): string[] => events.map(({ kind }) => kind);

test("an answer begins once, with what the package tells, or else with what stands for it", () => {
  const metadata = {
    type: "response-metadata",
    id: "r1",
    modelId: "m-1",
    timestamp: new Date(9_000),
  };
  const text = { type: "text-delta", id: "0", delta: "a" };
  expect(decode([metadata, text, metadata, stop()]).events[0]).toEqual({
    kind: "start",
    id: "r1",
    model: "m-1",
    created: 9,
  });
  const late = decode([text, metadata, stop()]).events;
  expect(late[0]).toEqual({ kind: "start", id: "ours", model: "m", created: 7 });
  expect(kinds(late)).toEqual(["start", "text", "usage", "finish"]);
});

test.each<[string, unknown, object | null]>([
  [
    "version 4",
    {
      inputTokens: { total: 10, noCache: 3, cacheRead: 5, cacheWrite: 2 },
      outputTokens: { total: 4, text: 3, reasoning: 1 },
    },
    {
      inputTokens: 10,
      cachedReadTokens: 5,
      cachedWriteTokens: 2,
      outputTokens: 4,
      reasoningTokens: 1,
    },
  ],
  [
    "version 2",
    { inputTokens: 10, outputTokens: 4, reasoningTokens: 1, cachedInputTokens: 5 },
    { inputTokens: 10, cachedReadTokens: 5, outputTokens: 4, reasoningTokens: 1 },
  ],
  [
    "version 2 without the cached ones in the input",
    { inputTokens: 2, outputTokens: 4, cachedInputTokens: 5 },
    { inputTokens: 7, cachedReadTokens: 5 },
  ],
  ["no count", { inputTokens: { total: undefined }, outputTokens: { total: undefined } }, null],
  ["nonsense", { inputTokens: Number.NaN, outputTokens: -1 }, null],
  ["nothing", undefined, null],
])("usage of %s is read", (_, usage, expected) => {
  const found = decode([stop({ usage })]).events.find(({ kind }) => kind === "usage");
  if (expected === null) expect(found).toBeUndefined();
  else expect(found).toMatchObject({ usage: { ...expected, estimated: false } });
});

test.each<[unknown, string, string | null]>([
  [{ unified: "stop", raw: undefined }, "stop", null],
  [{ unified: "length", raw: "MAX" }, "length", "MAX"],
  [{ unified: "tool-calls", raw: "x" }, "tool_calls", "x"],
  [{ unified: "content-filter", raw: "x" }, "content_filter", "x"],
  [{ unified: "other", raw: "odd" }, "stop", "odd"],
  ["stop", "stop", null],
  ["tool-calls", "tool_calls", null],
  ["other", "stop", "other"],
])("the finish %j is %s", (finishReason, reason, native) => {
  const { events, decoder } = decode([stop({ finishReason })]);
  expect(decoder.done).toBe(true);
  expect(events.at(-1)).toMatchObject({ kind: "finish", reason, native });
});

test.each<[unknown, string]>([
  [{ unified: "other", raw: undefined }, "cut_stream"],
  [{ unified: "interrupted", raw: undefined }, "cut_stream"],
  [{ unified: "error", raw: undefined }, "cut_stream"],
  [{ unified: "error", raw: "ERROR" }, "server_error"],
  ["unknown", "cut_stream"],
  ["error", "server_error"],
  [undefined, "cut_stream"],
])("the finish %j is none: %s", (finishReason, cause) => {
  const { decoder } = decode([{ type: "text-delta", delta: "a" }, stop({ finishReason })]);
  expect(decoder.done).toBe(false);
  expect(decoder.failure?.cause).toBe(cause);
});

test("calls may interleave, come whole, or be the provider's own, which are not the client's", () => {
  const { events } = decode([
    { type: "tool-input-start", id: "a", toolName: "f" },
    {
      type: "tool-input-start",
      id: "b",
      toolName: "g",
      providerMetadata: { google: { thoughtSignature: "s" } },
    },
    { type: "tool-input-delta", id: "b", delta: "{" },
    { type: "tool-input-delta", id: "a", delta: '{"x":1}' },
    { type: "tool-input-delta", id: "b", delta: "}" },
    { type: "tool-call", toolCallId: "a", toolName: "f", input: '{"x":1}' },
    { type: "tool-call", toolCallId: "b", toolName: "g", input: "{}" },
    { type: "tool-call", toolCallId: "c", toolName: "h", input: "" },
    { type: "tool-input-start", id: "d", toolName: "search", providerExecuted: true },
    { type: "tool-input-delta", id: "d", delta: "x" },
    { type: "tool-call", toolCallId: "d", toolName: "search", input: "{}", providerExecuted: true },
    stop({ finishReason: "tool-calls" }),
  ]);
  const calls = events.flatMap((event) => {
    if (event.kind === "call_start") return [`${event.call}:${event.name}${event.signature ?? ""}`];
    return event.kind === "call_args" ? [`${event.call}>${event.text}`] : [];
  });
  expect(calls).toEqual(["0:f", "1:gs", "1>{", '0>{"x":1}', "1>}", "2:h", "2>{}"]);
});

test("sealed thinking keeps the name that it has to go back under", () => {
  const { events } = decode([
    { type: "reasoning-start", id: "0", providerMetadata: { bedrock: { redactedData: "xyz" } } },
    { type: "reasoning-end", id: "0" },
    {
      type: "reasoning-start",
      id: "1",
      providerMetadata: { openai: { itemId: "rs_1", reasoningEncryptedContent: null } },
    },
    { type: "reasoning-delta", id: "1", delta: "hm" },
    stop(),
  ]);
  const ends = events.flatMap((event) => (event.kind === "reasoning_end" ? [event.reasoning] : []));
  expect(ends).toEqual([
    {
      text: "",
      summary: false,
      signature: null,
      encrypted: "redactedData:xyz",
      id: null,
      model: "m",
    },
    { text: "hm", summary: false, signature: null, encrypted: null, id: "rs_1", model: "m" },
  ]);
});

test("files of every version are media, and a file elsewhere is told by its address", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const { events } = decode([
    { type: "file", mediaType: "image/png", data: bytes },
    { type: "file", mediaType: "image/png", data: "AQID" },
    { type: "file", mediaType: "image/png", data: { type: "data", data: bytes } },
    {
      type: "file",
      mediaType: "image/png",
      data: { type: "url", url: new URL("https://x.example/a") },
    },
    stop(),
  ]);
  expect(events.filter(({ kind }) => kind === "media")).toEqual(
    Array(3).fill({ kind: "media", choice: 0, mediaType: "image/png", data: "AQID" }),
  );
  expect(events.filter(({ kind }) => kind === "citation")).toHaveLength(1);
});

test.each<[string, unknown, object]>([
  ["a text", "server busy", { cause: "overloaded" }],
  ["a status", { message: "x", statusCode: 429 }, { cause: "rate_limited", status: 429 }],
  ["a type", { message: "x", type: "overloaded_error" }, { cause: "overloaded" }],
  ["nothing", undefined, { cause: "server_error" }],
  [
    "an early end",
    sdkError("InvalidResponseDataError", "Response stream ended without a finish reason."),
    { cause: "cut_stream" },
  ],
  ["a wrong shape", sdkError("TypeValidationError", "x"), { code: "upstream_bad_response" }],
  [
    "what it cannot do",
    sdkError("UnsupportedFunctionalityError", "x", { functionality: "images" }),
    { code: "unsupported_parameter", message: expect.stringContaining("images") },
  ],
  ["a missing key", sdkError("LoadAPIKeyError", "x"), { cause: "auth" }],
  ["no such model", sdkError("NoSuchModelError", "x"), { cause: "unavailable" }],
  [
    "HTTP",
    sdkError("APICallError", "x", { statusCode: 529, responseHeaders: { "retry-after": "3" } }),
    { cause: "overloaded", retryAfterMs: 3_000 },
  ],
])("an error part of %s is classified, and nothing follows it", (_, error, expected) => {
  const { decoder } = decode([{ type: "error", error }, stop()]);
  expect(decoder.failure).toMatchObject(expected);
  expect(decoder.done).toBe(false);
});

test("a whole answer gives the events of a stream of it, each piece whole", () => {
  const decoded = decodeGenerated(
    {
      content: [
        { type: "reasoning", text: "hm", providerMetadata: { bedrock: { signature: "s" } } },
        { type: "text", text: "so" },
        { type: "source", sourceType: "url", url: "https://x.example", title: "X" },
        { type: "tool-call", toolCallId: "c", toolName: "f", input: '{"a":1}' },
      ],
      finishReason: { unified: "tool-calls", raw: "tool_use" },
      usage: { inputTokens: { total: 1 }, outputTokens: { total: 2 } },
      response: { id: "r", modelId: "m2" },
      warnings: [],
    },
    reading,
  );
  expect(decoded.ok && kinds(decoded.events)).toEqual([
    ...["start", "reasoning", "reasoning_end", "text", "citation"],
    ...["call_start", "call_args", "usage", "finish"],
  ]);
});

const types = [
  ...[
    "stream-start",
    "response-metadata",
    "text-start",
    "text-delta",
    "text-end",
    "reasoning-start",
  ],
  ...["reasoning-delta", "reasoning-end", "tool-input-start", "tool-input-delta", "tool-input-end"],
  ...["tool-call", "tool-result", "source", "file", "finish", "error", "raw", "custom", "", "new"],
];

test("no part whatsoever makes the decoder throw, say anything before the start, or begin twice", () => {
  const field = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.uint8Array({ maxLength: 3 }));
  const part = fc.oneof(
    fc.anything(),
    fc.record({
      type: fc.constantFrom(...types),
      id: fc.constantFrom("0", "1", undefined),
      toolCallId: fc.constantFrom("0", "1", undefined),
      delta: fc.oneof(fc.string(), field),
      ...{ input: field, data: field, finishReason: field, usage: field, url: field },
      ...{ providerMetadata: field, warnings: field, error: field, timestamp: field },
    }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const { events } = decode(parts);
      const starts = kinds(events).filter((kind) => kind === "start");
      expect(starts).toHaveLength(events.length === 0 ? 0 : 1);
      if (events.length > 0) expect(events[0]?.kind).toBe("start");
    }),
  );
});
