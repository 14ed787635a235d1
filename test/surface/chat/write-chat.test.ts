import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { Reasoning } from "../../../src/protocol/conversation.ts";
import { ChatDecoder, decodeCompletion } from "../../../src/runtime/providers/openai/decode.ts";
import { differences } from "../../../src/runtime/providers/openai/differences.ts";
import { chatWriter } from "../../../src/surface/chat/write-chat.ts";
import { chat, head } from "../../runtime/providers/support.ts";

const row = differences["openai-compatible"];
const start: AnswerEvent = { kind: "start", id: "c1", model: "m", created: 7 };
const finish = (reason: string): AnswerEvent => ({
  kind: "finish",
  choice: 0,
  reason,
  native: reason,
  stopSequence: null,
});
const usage: AnswerEvent = {
  kind: "usage",
  usage: {
    inputTokens: 10,
    cachedReadTokens: 4,
    cachedWriteTokens: 2,
    outputTokens: 6,
    reasoningTokens: 3,
    estimated: false,
    model: "m",
  },
  tier: null,
};
const request = chat({ stream: true, stream_options: { include_usage: true } });

function streamOf(events: readonly AnswerEvent[]): string {
  const encoder = chatWriter.open(request);
  return events.map((event) => encoder.encode(event)).join("") + encoder.end();
}

function decoded(text: string, cuts: readonly number[] = []): readonly AnswerEvent[] {
  const bytes = Buffer.from(text);
  const decoder = new ChatDecoder(row, 1);
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  const events = edges
    .slice(1)
    .flatMap((edge, at) => decoder.push(bytes.subarray(edges[at], edge)));
  const all = [...events, ...decoder.end()];
  expect(decoder.failure).toBeNull();
  expect(decoder.done).toBe(true);
  return all;
}

const words = fc.string({ minLength: 1, maxLength: 10, unit: "grapheme" });
const reasoning = (text: string, more: Partial<Reasoning> = {}): Reasoning => ({
  text,
  summary: false,
  signature: null,
  encrypted: null,
  id: null,
  model: null,
  ...more,
});
const textBlock = fc
  .array(words, { minLength: 1, maxLength: 3 })
  .map((texts) => texts.map((text): AnswerEvent => ({ kind: "text", choice: 0, text })));
const thoughtBlock = fc
  .tuple(fc.array(words, { minLength: 1, maxLength: 3 }), fc.option(words))
  .map(([texts, signature]): AnswerEvent[] => [
    ...texts.map((text): AnswerEvent => ({ kind: "reasoning", choice: 0, text, summary: false })),
    {
      kind: "reasoning_end",
      choice: 0,
      reasoning: reasoning(texts.join(""), { signature, model: signature === null ? null : "m" }),
    },
  ]);
const calls = fc
  .array(fc.tuple(words, fc.array(words, { maxLength: 3 })), { maxLength: 3 })
  .map((each): AnswerEvent[] =>
    each.flatMap(([name, args], call): AnswerEvent[] => [
      { kind: "call_start", choice: 0, call, id: `call_${call}`, name, custom: false },
      ...args.map((text): AnswerEvent => ({ kind: "call_args", choice: 0, call, text })),
    ]),
  );
/** Thinking before text before calls: an order that chunks keep. */
const answer = fc
  .tuple(fc.option(thoughtBlock), textBlock, calls)
  .map(([thought, text, called]): AnswerEvent[] => [
    start,
    ...(thought ?? []),
    ...text,
    ...called,
    finish(called.length > 0 ? "tool_calls" : "stop"),
    usage,
  ]);

test("what is written is read back as the same events, however the bytes are cut", () => {
  fc.assert(
    fc.property(answer, fc.array(fc.nat(2000), { maxLength: 6 }), (events, cuts) => {
      const text = streamOf(events);
      const within = cuts.map((cut) => cut % (Buffer.byteLength(text) + 1));
      expect(decoded(text, within)).toEqual(events);
    }),
  );
});

test("a whole answer says what the stream of it says", () => {
  fc.assert(
    fc.property(answer, (events) => {
      const whole = chatWriter.whole(request, events);
      const read = decodeCompletion(head(), Buffer.from(whole), row);
      const joined = (kind: "text" | "reasoning" | "call_args", all: readonly AnswerEvent[]) =>
        all.map((event) => (event.kind === kind ? event.text : "")).join("");
      if (!read.ok) throw new Error(read.failure.message);
      for (const kind of ["text", "reasoning", "call_args"] as const)
        expect(joined(kind, read.events)).toBe(joined(kind, events));
      expect(read.events.at(-1)).toEqual(usage);
    }),
  );
});

describe("a chunk", () => {
  const deltas = (...events: AnswerEvent[]): unknown[] =>
    streamOf([start, ...events])
      .split("\n\n")
      .filter((line) => line.startsWith("data: {"))
      .map((line) => JSON.parse(line.slice(6)).choices[0]?.delta)
      .slice(1);

  test("carries a call's proof where Google's chat endpoint has it", () => {
    expect(
      deltas({
        kind: "call_start",
        choice: 0,
        call: 0,
        id: "a",
        name: "f",
        custom: false,
        signature: "s",
      }),
    ).toEqual([
      {
        tool_calls: [
          {
            index: 0,
            id: "a",
            type: "function",
            function: { name: "f", arguments: "" },
            extra_content: { google: { thought_signature: "s" } },
          },
        ],
      },
    ]);
  });

  test("carries pictures, sound and citations", () => {
    expect(
      deltas(
        { kind: "media", choice: 0, mediaType: "image/png", data: "AA" },
        {
          kind: "media",
          choice: 0,
          mediaType: "audio/wav",
          data: "BB",
          about: { transcript: "hi" },
        },
        { kind: "citation", choice: 0, citation: { type: "url_citation" } },
      ),
    ).toEqual([
      { images: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA" } }] },
      { audio: { transcript: "hi", data: "BB" } },
      { annotations: [{ type: "url_citation" }] },
    ]);
  });

  test("begins each choice with its role", () => {
    const roles = streamOf([
      start,
      { kind: "text", choice: 1, text: "b" },
      { kind: "text", choice: 0, text: "a" },
    ]).match(/"index":\d,"delta":\{"role"/g);
    expect(roles).toEqual(['"index":0,"delta":{"role"', '"index":1,"delta":{"role"']);
  });

  test("keeps a connection alive only once the answer has begun", () => {
    expect(chatWriter.open(request).encode({ kind: "ping" })).toBe("");
    expect(streamOf([start, { kind: "ping" }])).toContain(": keep-alive\n\n");
  });
});
