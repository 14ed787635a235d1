import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cause } from "../../../../src/protocol/cause.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, eventStream, eventsOf, head, readAll } from "../support.ts";

const adapter = adapterFor("anthropic");
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const counts = {
  input_tokens: 10,
  cache_creation_input_tokens: 3,
  cache_read_input_tokens: 5,
  output_tokens: 1,
};
const usageRead = {
  inputTokens: 18,
  cachedReadTokens: 5,
  cachedWriteTokens: 3,
  outputTokens: 7,
  reasoningTokens: 2,
  estimated: false,
};
const lateCounts = {
  output_tokens: 7,
  input_tokens: null,
  output_tokens_details: { thinking_tokens: 2 },
};

const event = (type: string, data: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
const start = event("message_start", {
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude",
    content: [],
    usage: counts,
  },
});
const ping = event("ping");
const open = (index: number, block: object): string =>
  event("content_block_start", { index, content_block: block });
const delta = (index: number, inner: object): string =>
  event("content_block_delta", { index, delta: inner });
const close = (index: number): string => event("content_block_stop", { index });
const stopped = (reason: string): string =>
  event("message_delta", {
    delta: { stop_reason: reason, stop_sequence: null },
    usage: lateCounts,
  });
const end = event("message_stop");
const textBlock = (index: number, ...words: string[]): string =>
  open(index, { type: "text", text: "" }) +
  words.map((text) => delta(index, { type: "text_delta", text })).join("") +
  close(index);
const callBlock = (index: number, id: string, ...parts: string[]): string =>
  open(index, { type: "tool_use", id, name: `f_${id}`, input: {} }) +
  parts.map((partial_json) => delta(index, { type: "input_json_delta", partial_json })).join("") +
  close(index);

const reader = (asksUsage = false) =>
  adapter.openStream(
    eventStream,
    chat({ stream: true, stream_options: { include_usage: asksUsage } }),
  );
const read = (text: string, asksUsage = false, cuts: readonly number[] = []) =>
  readAll(reader(asksUsage), bytesOf(text), cuts);
const deltas = (out: string): unknown[] =>
  eventsOf(out).flatMap((one) =>
    one === "[DONE]"
      ? []
      : (one as { choices: { delta: object }[] }).choices.map((choice) => choice.delta),
  );

describe("a stream", () => {
  test("of text becomes chunks with one id, a finish, usage when asked for, and [DONE]", () => {
    const text = start + ping + textBlock(0, "Hel", "lo 🚂") + stopped("end_turn") + end;
    const { out, reader: done } = read(text, true);
    const shared = { id: "msg_1", object: "chat.completion.chunk", model: "claude" };
    expect(eventsOf(out)).toMatchObject([
      {
        ...shared,
        choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }],
      },
      { ...shared, choices: [{ delta: { content: "Hel" } }] },
      { ...shared, choices: [{ delta: { content: "lo 🚂" } }] },
      { ...shared, choices: [{ delta: {}, finish_reason: "stop" }] },
      {
        ...shared,
        choices: [],
        usage: {
          prompt_tokens: 18,
          completion_tokens: 7,
          total_tokens: 25,
          prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 3 },
          completion_tokens_details: { reasoning_tokens: 2 },
        },
      },
      "[DONE]",
    ]);
    expect(done).toMatchObject({
      done: true,
      failure: null,
      finishReason: "stop",
      usage: usageRead,
    });
    expect(eventsOf(read(text).out)).toHaveLength(5);
  });

  test("of calls keeps them apart by number from 0, whatever blocks stand between", () => {
    const text =
      start +
      textBlock(0, "I ask") +
      callBlock(1, "a", "", '{"x"', ":1}") +
      callBlock(2, "b", "") +
      stopped("tool_use") +
      end;
    const { out, reader: done } = read(text);
    expect(deltas(out).slice(2, -1)).toEqual([
      {
        tool_calls: [
          { index: 0, id: "a", type: "function", function: { name: "f_a", arguments: "" } },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] },
      {
        tool_calls: [
          { index: 1, id: "b", type: "function", function: { name: "f_b", arguments: "" } },
        ],
      },
      { tool_calls: [{ index: 1, function: { arguments: "{}" } }] },
    ]);
    expect(done.finishReason).toBe("tool_calls");
  });

  test("of thinking becomes reasoning, signed for a later replay", () => {
    const thinking =
      open(0, { type: "thinking", thinking: "", signature: "" }) +
      delta(0, { type: "thinking_delta", thinking: "h" }) +
      delta(0, { type: "thinking_delta", thinking: "m" }) +
      delta(0, { type: "signature_delta", signature: "sig" }) +
      close(0);
    const hidden = open(1, { type: "redacted_thinking", data: "xx" }) + close(1);
    expect(
      deltas(
        read(start + thinking + hidden + textBlock(2, "a") + stopped("end_turn") + end).out,
      ).slice(1, -1),
    ).toEqual([
      { reasoning_content: "h" },
      { reasoning_content: "m" },
      {
        reasoning_details: [
          { type: "reasoning.text", text: "hm", signature: "sig", model: "claude" },
        ],
      },
      { reasoning_details: [{ type: "reasoning.encrypted", data: "xx", model: "claude" }] },
      { content: "a" },
    ]);
  });

  test.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["pause_turn", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["refusal", "content_filter"],
    ["brand_new", "brand_new"],
  ])("stops with %s as %s", (reason, finish) => {
    expect(read(start + textBlock(0, "a") + stopped(reason) + end).reader.finishReason).toBe(
      finish,
    );
  });

  test("passes over what it does not know", () => {
    const odd =
      event("brand_new") +
      open(0, { type: "server_tool_use" }) +
      delta(0, { type: "odd_delta" }) +
      delta(7, { type: "citations_delta" }) +
      close(0);
    expect(
      deltas(read(start + odd + textBlock(1, "a") + stopped("end_turn") + end).out),
    ).toHaveLength(3);
  });

  test.each<[string, boolean, string]>([
    ["the start", false, start],
    ["a ping", false, start + ping],
    ["an empty block", false, start + open(0, { type: "text", text: "" })],
    ["text", true, start + textBlock(0, "a")],
    [
      "thinking",
      true,
      start + open(0, { type: "thinking" }) + delta(0, { type: "thinking_delta", thinking: "h" }),
    ],
    ["a call", true, start + open(0, { type: "tool_use", id: "a", name: "f", input: {} })],
    ["a stop", true, start + stopped("end_turn")],
  ])("has begun after %s: %s", (_name, begun, text) => {
    const one = reader();
    one.push(bytesOf(text));
    expect(one.meaningful).toBe(begun);
  });

  test.each<[string, string]>([
    ["message_stop left out", start + textBlock(0, "a") + stopped("end_turn")],
    [
      "the last blank line left out",
      (start + textBlock(0, "a") + stopped("end_turn") + end).trimEnd(),
    ],
    ["junk behind", start + textBlock(0, "a") + stopped("end_turn") + end + textBlock(1, "b")],
  ])("is whole with %s", (_name, text) => {
    const { out, reader: one } = read(text);
    expect(one).toMatchObject({ done: true, failure: null });
    expect(eventsOf(out).at(-1)).toBe("[DONE]");
    expect(out).not.toContain('"b"');
  });

  const overloaded = event("error", { error: { type: "overloaded_error", message: "Overloaded" } });
  test.each<[string, string, Cause, boolean]>([
    ["as the first event", overloaded, "overloaded", false],
    ["after the start", start + overloaded, "overloaded", false],
    ["in the middle", start + textBlock(0, "a") + overloaded, "overloaded", true],
    [
      "of another type",
      start + event("error", { error: { type: "rate_limit_error", message: "m" } }),
      "rate_limited",
      false,
    ],
    ["by the end of the stream", start + textBlock(0, "a"), "cut_stream", true],
    ["by message_stop without a reason", start + textBlock(0, "a") + end, "cut_stream", true],
    ["by text that is no JSON", `${start}data: oops\n\n`, "server_error", false],
    ["by a list", `${start}data: []\n\n`, "server_error", false],
    ["by an error that says nothing", start + event("error"), "server_error", false],
    ["without a start", textBlock(0, "a") + stopped("end_turn") + end, "server_error", false],
  ])("fails %s", (_name, text, cause, begun) => {
    const { out, reader: one } = read(text);
    expect(one).toMatchObject({ done: false, failure: { cause }, meaningful: begun });
    expect(out).not.toContain("[DONE]");
  });

  test("takes the first reason it is told, and the last counts", () => {
    const more = event("message_delta", {
      delta: { stop_reason: null },
      usage: { output_tokens: 3 },
    });
    const { out, reader: one } = read(
      start + textBlock(0, "a") + more + stopped("max_tokens") + stopped("end_turn") + end,
    );
    expect(eventsOf(out)).toHaveLength(4);
    expect(one).toMatchObject({ finishReason: "length", usage: { outputTokens: 7 } });
  });

  test("keeps the counts of a stream that was cut", () => {
    expect(read(start + textBlock(0, "a")).reader.usage).toMatchObject({
      inputTokens: 18,
      outputTokens: 1,
    });
  });

  const fixture =
    start +
    ping +
    textBlock(0, "Hé ", "信号") +
    callBlock(1, "a", '{"x"', ":1}") +
    stopped("tool_use") +
    end;
  test("reads the same however it is cut, with every line end", () => {
    const whole = read(fixture, true);
    for (const ending of ["\n", "\r\n", "\r"]) {
      const bytes = bytesOf(fixture.replaceAll("\n", ending));
      for (let at = 0; at <= bytes.length; at++)
        expect(readAll(reader(true), bytes, [at]).out).toBe(whole.out);
      const single = readAll(
        reader(true),
        bytes,
        Array.from({ length: bytes.length }, (_, at) => at),
      );
      expect(single.out).toBe(whole.out);
      expect(single.reader.usage).toEqual(whole.reader.usage);
    }
  });

  test("property: text arrives as it was said, lone surrogates and all", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary", minLength: 1 }), { minLength: 1 }),
        fc.array(fc.nat()),
        (words, cuts) => {
          const text = start + textBlock(0, ...words) + stopped("end_turn") + end;
          const size = bytesOf(text).length + 1;
          const contents = deltas(
            read(
              text,
              false,
              cuts.map((cut) => cut % size),
            ).out,
          ).map((one) => (one as { content?: string }).content ?? "");
          expect(contents.join("")).toBe(words.join(""));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("that was answered whole becomes a stream all the same", () => {
    const message = {
      id: "msg_1",
      type: "message",
      model: "claude",
      content: [{ type: "text", text: "Hi" }],
      stop_reason: "end_turn",
      usage: counts,
    };
    const json = head({ "content-type": "application/json" });
    const { out, reader: one } = readAll(
      adapter.openStream(json, chat({ stream: true })),
      bytesOf(JSON.stringify(message)),
    );
    expect(deltas(out)).toMatchObject([{ role: "assistant" }, { content: "Hi" }, {}]);
    expect(one).toMatchObject({ done: true, finishReason: "stop", usage: { inputTokens: 18 } });
  });
});
