import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/protocol/answer-event.ts";
import type { Cause } from "../../../../src/protocol/cause.ts";
import {
  decodeGeminiBody,
  GeminiDecoder,
} from "../../../../src/runtime/providers/gemini/decode.ts";
import { head } from "../support.ts";

const model = "gemini-3.8-flash";
const dated = head({ date: "Wed, 21 Oct 2026 07:28:00 GMT" });
const created = 1_792_567_680;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const piece = (parts: readonly object[], further: object = {}, around: object = {}): object => ({
  candidates: [{ content: { role: "model", parts }, index: 0, ...further }],
  modelVersion: model,
  responseId: "r1",
  ...around,
});
const event = (value: unknown, end = "\r\n"): string =>
  `data: ${JSON.stringify(value)}${end}${end}`;
const stream = (...values: readonly unknown[]): string => values.map((one) => event(one)).join("");
const counted = (candidatesTokenCount: number, thoughtsTokenCount?: number) => ({
  usageMetadata: {
    promptTokenCount: 9,
    candidatesTokenCount,
    ...(thoughtsTokenCount === undefined ? {} : { thoughtsTokenCount }),
    totalTokenCount: 9 + candidatesTokenCount + (thoughtsTokenCount ?? 0),
  },
});
const stopped = { finishReason: "STOP" };

function decode(bytes: Uint8Array, cuts: readonly number[] = []) {
  const decoder = new GeminiDecoder(dated);
  const events: AnswerEvent[] = [];
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (const [at, edge] of edges.entries())
    if (at > 0) events.push(...decoder.push(bytes.slice(edges[at - 1], edge)));
  events.push(...decoder.end());
  return { events, done: decoder.done, failure: decoder.failure };
}
const read = (text: string) => decode(bytesOf(text));

const start = { kind: "start", id: "r1", model, created };
const said = (text: string, choice = 0) => ({ kind: "text", choice, text });
const thinks = (text: string) => ({ kind: "reasoning", choice: 0, text, summary: true });
const thought = (text: string, signature: string | null) => ({
  kind: "reasoning_end",
  choice: 0,
  reasoning: { text, summary: true, signature, encrypted: null, id: null, model },
});
const finish = (reason: string, native = "STOP", choice = 0) => ({
  kind: "finish",
  choice,
  reason,
  native,
  stopSequence: null,
});
const usage = (outputTokens: number, reasoningTokens = 0) => ({
  kind: "usage",
  tier: null,
  usage: {
    inputTokens: 9,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    outputTokens,
    reasoningTokens,
    estimated: false,
  },
});
const args = (call: number, text: string) => ({ kind: "call_args", choice: 0, call, text });

/** Streams as the provider sends them, and what they say. */
const recorded: Readonly<Record<string, readonly [text: string, events: readonly unknown[]]>> = {
  text: [
    stream(
      piece([{ text: "Grüße, " }], {}, counted(2)),
      piece([{ text: "列車 🚂" }], {}, counted(5)),
      piece([{ text: "" }], stopped, counted(5)),
    ),
    [start, usage(2), said("Grüße, "), usage(5), said("列車 🚂"), finish("stop")],
  ],
  "thinking and a signed answer": [
    stream(
      piece([{ text: "Hm", thought: true }], {}, counted(0, 10)),
      piece([{ text: "m.", thought: true }], {}, counted(0, 20)),
      piece([{ text: "Yes" }], {}, counted(1, 20)),
      piece([{ text: "", thoughtSignature: "c2ln" }], stopped, counted(1, 20)),
    ),
    [
      start,
      usage(10, 10),
      thinks("Hm"),
      usage(20, 20),
      thinks("m."),
      usage(21, 20),
      thought("Hmm.", null),
      said("Yes"),
      thought("", "c2ln"),
      finish("stop"),
    ],
  ],
  "parallel calls in one chunk, the first signed": [
    stream(
      piece([
        { functionCall: { name: "a", args: { x: 1 } }, thoughtSignature: "c2ln" },
        { functionCall: { id: "own", name: "b" } },
      ]),
      piece([], stopped, counted(7)),
    ),
    [
      start,
      {
        kind: "call_start",
        choice: 0,
        call: 0,
        id: "call_r1_0_0",
        name: "a",
        custom: false,
        signature: "c2ln",
      },
      args(0, '{"x":1}'),
      { kind: "call_start", choice: 0, call: 1, id: "own", name: "b", custom: false },
      args(1, "{}"),
      usage(7),
      finish("tool_calls"),
    ],
  ],
  "two answers at once": [
    stream(
      piece([{ text: "a" }]),
      piece([{ text: "b" }], { index: 1, finishReason: "MAX_TOKENS" }),
      piece([{ text: "c" }], stopped),
    ),
    [start, said("a"), said("b", 1), said("c"), finish("stop"), finish("length", "MAX_TOKENS", 1)],
  ],
  "an image": [
    stream(piece([{ inlineData: { mimeType: "image/png", data: "AAAA" } }], stopped)),
    [start, { kind: "media", choice: 0, mediaType: "image/png", data: "AAAA" }, finish("stop")],
  ],
};

describe("a stream", () => {
  test.each(Object.entries(recorded))("of %s, however it is cut", (_name, [text, events]) => {
    const whole = read(text);
    expect(whole).toEqual({ events, done: true, failure: null });
    const bytes = bytesOf(text);
    for (let cut = 1; cut < bytes.length; cut++) expect(decode(bytes, [cut])).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        expect(decode(bytes, cuts)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  test.each(["\n", "\r", "\r\n"])("reads lines that end in %j, with comments and pings", (end) => {
    const [text, events] = recorded["text"]!;
    const lines = `: hello\r\n\r\n${text}data: [DONE]\r\n\r\n`.replaceAll("\r\n", end);
    expect(read(lines)).toEqual({ events, done: true, failure: null });
  });

  test("is whole without its last blank line", () => {
    expect(read(event(piece([{ text: "a" }], stopped)).trimEnd())).toMatchObject({ done: true });
  });

  test("that never finishes, or ends inside an event, is cut", () => {
    const begun = event(piece([{ text: "a" }]));
    const half = event(piece([{ text: "b" }], stopped)).slice(0, -20);
    for (const text of ["", begun, begun + half]) {
      const { events, done, failure } = read(text);
      expect({ done, failure }).toMatchObject({ done: false, failure: { cause: "cut_stream" } });
      expect(events).toEqual(text === "" ? [] : [start, said("a")]);
    }
  });

  test("of a candidate without content, or of unknown parts, says nothing of them", () => {
    const text = stream(piece([{ newThing: 1 }]), { candidates: [stopped], responseId: "r1" });
    expect(read(text).events).toEqual([start, finish("stop")]);
  });

  test("keeps counts that later chunks leave out", () => {
    const cached = { usageMetadata: { promptTokenCount: 9, cachedContentTokenCount: 4 } };
    const text = stream(piece([], {}, cached), piece([], stopped, counted(2)));
    expect(read(text).events.findLast((one) => one.kind === "usage")?.usage).toMatchObject({
      cachedReadTokens: 4,
      outputTokens: 2,
    });
  });

  test("invents ids that differ from answer to answer where it has none", () => {
    const unnamed = (x: number) =>
      stream({
        candidates: [
          { content: { parts: [{ functionCall: { name: "f", args: { x } } }] }, ...stopped },
        ],
      });
    const idOf = (text: string) => read(text).events.find((one) => one.kind === "call_start")?.id;
    expect(idOf(unnamed(1))).toMatch(/^call_\w+_0_0$/);
    expect(idOf(unnamed(1))).not.toBe(idOf(unnamed(2)));
  });

  test("names the model that was asked for as the thinker, so that its thinking finds back", () => {
    const decoder = new GeminiDecoder(dated, "gemini-flash-latest");
    const text = stream(piece([{ text: "Hm", thought: true, thoughtSignature: "c2ln" }], stopped));
    expect([...decoder.push(bytesOf(text)), ...decoder.end()]).toContainEqual(
      expect.objectContaining({
        reasoning: expect.objectContaining({ model: "gemini-flash-latest" }),
      }),
    );
  });

  test("tells logprobs as chat completions do, beside the text of their chunk", () => {
    const top = { token: "é", logProbability: -0.5 };
    const logprobsResult = { chosenCandidates: [top], topCandidates: [{ candidates: [top] }] };
    const token = { token: "é", logprob: -0.5, bytes: [195, 169] };
    const parts = [{ text: "é" }, { text: "!" }];
    expect(read(stream(piece(parts, { ...stopped, logprobsResult }))).events).toEqual([
      start,
      { ...said("é"), logprobs: [{ ...token, top_logprobs: [token] }] },
      said("!"),
      finish("stop"),
    ]);
  });

  test("tells the sources of a search, by characters", () => {
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: "https://a.example", title: "A" } }],
      groundingSupports: [
        { segment: { startIndex: 3, endIndex: 5 }, groundingChunkIndices: [0, 9] },
      ],
    };
    expect(
      read(stream(piece([{ text: "é abc" }], { ...stopped, groundingMetadata }))).events,
    ).toContainEqual({
      kind: "citation",
      choice: 0,
      citation: {
        type: "url_citation",
        url_citation: { url: "https://a.example", title: "A", start_index: 2, end_index: 4 },
      },
    });
  });

  test("shows code that the provider ran, and what came of it", () => {
    const parts = [
      { executableCode: { language: "PYTHON", code: "print(1)" } },
      { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1\n" } },
    ];
    expect(read(stream(piece(parts, stopped))).events).toEqual([
      start,
      said("\n```python\nprint(1)\n```\n"),
      said("\n```\n1\n```\n"),
      finish("stop"),
    ]);
  });
});

describe("a finish", () => {
  test.each([
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["CONTINUATION", "length"],
    ["SAFETY", "content_filter"],
    ["RECITATION", "content_filter"],
    ["BLOCKLIST", "content_filter"],
    ["PROHIBITED_CONTENT", "content_filter"],
    ["SPII", "content_filter"],
    ["IMAGE_SAFETY", "content_filter"],
    ["LANGUAGE", "stop"],
    ["OTHER", "stop"],
    ["SOMETHING_NEW", "SOMETHING_NEW"],
  ])("by %s is told as %s", (native, reason) => {
    const text = stream(piece([{ text: "a" }], { finishReason: native }));
    expect(read(text).events.at(-1)).toEqual(finish(reason, native));
  });

  test.each([
    "MALFORMED_FUNCTION_CALL",
    "MALFORMED_RESPONSE",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
  ])("by %s is a failure that asking again may mend", (finishReason) => {
    const value = { candidates: [{ finishReason, index: 0 }], responseId: "r1" };
    const failure = { cause: "server_error", retrySame: true };
    expect(read(stream(value))).toMatchObject({ done: false, failure });
    expect(decodeGeminiBody(dated, bytesOf(JSON.stringify(value)))).toMatchObject({ failure });
  });

  test("on every chunk, as old models have it, is told once, at the end", () => {
    const text = stream(piece([{ text: "a" }], stopped), piece([{ text: "b" }], stopped));
    expect(read(text).events).toEqual([start, said("a"), said("b"), finish("stop")]);
  });
});

describe("a failure", () => {
  const blocked = { promptFeedback: { blockReason: "SAFETY" }, ...counted(0) };
  const overloaded = { error: { code: 503, message: "overloaded", status: "UNAVAILABLE" } };
  const begun = piece([{ text: "a" }]);
  test.each<[string, string, Cause]>([
    ["a blocked prompt", stream(blocked), "content_filtered"],
    ["an error at once", stream(overloaded), "overloaded"],
    ["an error behind text", stream(begun, overloaded), "overloaded"],
    ["an error in a list", stream([overloaded]), "overloaded"],
    ["an error on a bare line", `${stream(begun)}${JSON.stringify(overloaded)}\n\n`, "overloaded"],
    [
      "an error on bare lines",
      `${stream(begun)}${JSON.stringify(overloaded, null, 2)}`,
      "overloaded",
    ],
    ["a bare list of errors", JSON.stringify([overloaded], null, 2), "overloaded"],
    [
      "a used up quota",
      stream({ error: { code: 429, message: "m", status: "RESOURCE_EXHAUSTED" } }),
      "rate_limited",
    ],
    [
      "an error without a number",
      stream({ error: { message: "m", status: "INTERNAL" } }),
      "server_error",
    ],
    ["no JSON", "data: {oops\r\n\r\n", "server_error"],
    ["no object", stream("oops"), "server_error"],
    ["an event without an end", `data: ${"x".repeat(9 * 1024 * 1024)}`, "server_error"],
    ["a web page", "<html>Bad gateway</html>", "cut_stream"],
  ])("in a stream: %s", (_name, text, cause) => {
    const { events, done, failure } = read(text);
    expect({ done, failure }).toMatchObject({ done: false, failure: { cause } });
    expect(events.filter((one) => one.kind === "finish")).toEqual([]);
  });

  test("names why a prompt was blocked, and is not tried again", () => {
    expect(read(stream(blocked)).failure).toEqual({
      cause: "content_filtered",
      retrySame: false,
      code: "content_filter",
      message: "the provider blocked the prompt (SAFETY)",
    });
  });

  test.each<[string, unknown, Cause]>([
    ["a blocked prompt", blocked, "content_filtered"],
    ["an error", overloaded, "overloaded"],
    ["an error in a list", [overloaded], "overloaded"],
    ["no candidates", { candidates: [] }, "server_error"],
    ["another shape", { hello: 1 }, "server_error"],
    ["an empty list", [], "server_error"],
    ["null", null, "server_error"],
    ["a stream's list that is cut", [begun, begun], "cut_stream"],
  ])("in a whole answer: %s", (_name, value, cause) => {
    const decoded = decodeGeminiBody(dated, bytesOf(JSON.stringify(value)));
    expect(decoded).toMatchObject({ ok: false, failure: { cause } });
  });

  test("in a whole answer: no JSON", () => {
    expect(decodeGeminiBody(dated, bytesOf("<html>"))).toMatchObject({
      ok: false,
      failure: { cause: "server_error" },
    });
  });
});

describe("a whole answer", () => {
  test("is the events that a stream of it would be", () => {
    for (const [text, events] of Object.values(recorded)) {
      const values = text
        .trim()
        .split("\r\n\r\n")
        .map((one) => JSON.parse(one.slice(6)) as unknown);
      const decoded = decodeGeminiBody(dated, bytesOf(JSON.stringify(values)));
      expect(decoded).toEqual({ ok: true, events });
    }
    const whole = piece([{ text: "a", thoughtSignature: "c2ln" }], stopped, counted(1));
    expect(decodeGeminiBody(dated, bytesOf(JSON.stringify(whole)))).toEqual({
      ok: true,
      events: [start, usage(1), said("a"), thought("", "c2ln"), finish("stop")],
    });
  });

  test("needs no finish to be whole", () => {
    const decoded = decodeGeminiBody(dated, bytesOf(JSON.stringify(piece([{ text: "a" }]))));
    expect(decoded).toMatchObject({ ok: true });
  });
});

test("candidates are those with a place that a request may ask for", () => {
  const candidates = [-1, 0.5, 128, 0].map((index) => ({
    index,
    content: { parts: [{ text: "a" }] },
    ...stopped,
  }));
  const decoded = decodeGeminiBody(dated, bytesOf(JSON.stringify({ candidates })));
  const finished = decoded.ok ? decoded.events.filter(({ kind }) => kind === "finish") : [];
  expect(finished).toMatchObject([{ choice: 0 }]);
});
