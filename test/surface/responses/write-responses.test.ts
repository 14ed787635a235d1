import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { Fields, Reasoning } from "../../../src/protocol/conversation.ts";
import { responsesWriter } from "../../../src/surface/responses/write-responses.ts";
import {
  args,
  asked,
  callStart,
  counted,
  eventsIn,
  finish,
  say,
  start,
  streamed,
  think,
  thinkEnd,
  thought,
} from "./support.ts";

const problem = {
  status: 502,
  type: "upstream_error",
  code: "upstream_stream_broken",
  param: null,
  message: "gone",
};

const wholeOf = (events: readonly AnswerEvent[], request = asked()): Fields =>
  JSON.parse(responsesWriter.whole(request, events)) as Fields;

describe("the whole answer", () => {
  const rich: readonly AnswerEvent[] = [
    start,
    think("a", true, "rs_1"),
    thinkEnd({ text: "a", summary: true, id: "rs_1", encrypted: "xyz" }),
    { kind: "text", choice: 0, text: "b", logprobs: [{ token: "b", logprob: -1 }] },
    {
      kind: "citation",
      choice: 0,
      citation: {
        type: "url_citation",
        url_citation: { url: "u", title: "t", start_index: 0, end_index: 1 },
      },
    },
    callStart(0, "f"),
    args(0, '{"a":1}'),
    callStart(1, "g", true),
    args(1, "x"),
    finish("tool_calls"),
    counted,
  ];

  test("holds the items in the order they began", () => {
    const { output } = wholeOf(rich) as { output: readonly Fields[] };
    expect(output).toEqual([
      {
        id: "rs_1",
        type: "reasoning",
        summary: [{ type: "summary_text", text: "a" }],
        encrypted_content: "xyz",
      },
      {
        id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
        type: "message",
        status: "completed",
        role: "assistant",
        content: [
          {
            type: "output_text",
            text: "b",
            logprobs: [{ token: "b", logprob: -1 }],
            annotations: [
              { type: "url_citation", url: "u", title: "t", start_index: 0, end_index: 1 },
            ],
          },
        ],
      },
      {
        id: expect.stringMatching(/^fc_/),
        type: "function_call",
        status: "completed",
        call_id: "call_0",
        name: "f",
        arguments: '{"a":1}',
      },
      {
        id: expect.stringMatching(/^ctc_/),
        type: "custom_tool_call",
        status: "completed",
        call_id: "call_1",
        name: "g",
        input: "x",
      },
    ]);
  });

  test("is what a stream of it ends with", () => {
    expect(eventsIn(streamed(rich)).at(-1)?.data["response"]).toEqual(wholeOf(rich));
  });

  test("echoes the request's settings, and the API's own where nothing was said", () => {
    expect(wholeOf([start, say("a"), finish(), counted])).toMatchObject({
      id: "resp_1",
      object: "response",
      created_at: 1700,
      status: "completed",
      model: "up",
      error: null,
      incomplete_details: null,
      instructions: null,
      max_output_tokens: null,
      parallel_tool_calls: true,
      reasoning: { effort: null, summary: null },
      service_tier: "default",
      store: false,
      temperature: 1,
      text: { format: { type: "text" }, verbosity: "medium" },
      tool_choice: "auto",
      tools: [],
      top_p: 1,
      truncation: "disabled",
      metadata: {},
      usage: {
        input_tokens: 9,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 3 },
        total_tokens: 16,
      },
    });
    const settings = {
      instructions: "Be brief",
      temperature: 0,
      tools: [{ type: "function", name: "f", parameters: {} }],
      tool_choice: "required",
      reasoning: { effort: "low", summary: null },
      metadata: { a: "b" },
      store: true,
    };
    expect(wholeOf([start, finish()], asked(settings))).toMatchObject({
      ...settings,
      store: false,
    });
  });

  test.each([
    ["stop", "completed", null],
    ["tool_calls", "completed", null],
    ["length", "incomplete", { reason: "max_output_tokens" }],
    ["content_filter", "incomplete", { reason: "content_filter" }],
    ["end_of_days", "completed", null],
  ])("that ended with %s is %s", (reason, status, details) => {
    const events = [start, say("a"), finish(reason)];
    expect(wholeOf(events)).toMatchObject({
      status,
      incomplete_details: details,
      output: [{ status }],
    });
    expect(eventsIn(streamed(events)).at(-1)?.name).toBe(`response.${status}`);
  });

  test("that was cut is incomplete in its last item alone", () => {
    const output = wholeOf([
      start,
      callStart(0, "f"),
      args(0, "{}"),
      callStart(1, "g"),
      args(1, "{"),
      finish("length"),
    ]);
    expect(output).toMatchObject({
      output: [{ status: "completed" }, { status: "incomplete", arguments: "{" }],
    });
  });

  test("that was cut while it spoke, calls still open, cut what it said last", () => {
    const events = [start, callStart(0, "f"), args(0, "{}"), say("a"), finish("length")];
    const done = eventsIn(streamed(events)).filter(
      ({ name }) => name === "response.output_item.done",
    );
    expect(done.map(({ data }) => data["output_index"])).toEqual([0, 1]);
    expect(wholeOf(events)).toMatchObject({
      output: [{ status: "completed" }, { status: "incomplete" }],
    });
  });

  test("holds thinking of which only the end is told", () => {
    expect(wholeOf([start, thinkEnd({ text: "hm", summary: true }), finish()])).toMatchObject({
      output: [{ type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] }],
    });
  });

  test("holds a call once that begins twice, and gives it an id when it has none", () => {
    const nameless = { ...callStart(0, "f"), id: "" } as AnswerEvent;
    const { output } = wholeOf([start, nameless, nameless, args(0, "{}"), finish("tool_calls")]);
    expect(output).toEqual([
      expect.objectContaining({ call_id: expect.stringMatching(/^call_[0-9a-f]{32}$/) }),
    ]);
  });

  test("calls a function without arguments with an empty object, as clients parse it", () => {
    expect(wholeOf([start, callStart(0, "f"), finish("tool_calls")])).toMatchObject({
      output: [{ arguments: "{}" }],
    });
  });

  test("has an id of this wire, whatever the provider's was", () => {
    const whole = wholeOf([{ ...start, id: "chatcmpl-1" } as AnswerEvent, finish()]);
    expect(whole["id"]).toMatch(/^resp_[0-9a-f]{32}$/);
    expect(wholeOf([{ ...start, id: "chatcmpl-1" } as AnswerEvent, finish()])["id"]).toBe(
      whole["id"],
    );
  });

  test("holds images as items, and sounds as parts", () => {
    const events: readonly AnswerEvent[] = [
      start,
      { kind: "media", choice: 0, mediaType: "image/webp", data: "AA==" },
      {
        kind: "media",
        choice: 0,
        mediaType: "audio/wav",
        data: "BB==",
        about: { transcript: "hi" },
      },
      finish(),
    ];
    expect(wholeOf(events)).toMatchObject({
      output: [
        {
          type: "image_generation_call",
          status: "completed",
          result: "AA==",
          output_format: "webp",
        },
        { type: "message", content: [{ type: "output_audio", data: "BB==", transcript: "hi" }] },
      ],
    });
  });
});

describe("what a client has to send back", () => {
  const replay = (events: readonly AnswerEvent[]) => {
    const { output } = wholeOf([...events, finish()]);
    return asked({ input: output }).conversation().turns[0]?.parts;
  };

  test.each<[string, Partial<Reasoning>]>([
    ["signed thinking", { signature: "sig", model: "claude" }],
    ["thinking that only its maker reads", { text: "", encrypted: "data", model: "claude" }],
    ["thinking of this wire", { encrypted: "data", id: "rs_9" }],
  ])("survives the way there and back: %s", (_name, fields) => {
    const { text = "hm" } = fields;
    const told = text === "" ? [] : [think(text, false, fields.id ?? undefined)];
    const parts = replay([start, ...told, thinkEnd(fields)]);
    expect(parts).toMatchObject([
      {
        kind: "reasoning",
        reasoning: { ...thought, ...fields, ...(text === "" ? { summary: true } : {}) },
      },
    ]);
  });

  test("keeps the id that an encrypted block came under, when it was told too late", () => {
    const parts = replay([start, think("hm"), thinkEnd({ encrypted: "data", id: "rs_9" })]);
    expect(parts).toMatchObject([{ reasoning: { encrypted: "data", id: "rs_9" } }]);
  });

  test("keeps the proof of a call", () => {
    const parts = replay([
      start,
      { ...callStart(0, "f"), signature: "sig" } as AnswerEvent,
      args(0, "{}"),
    ]);
    expect(parts).toMatchObject([{ kind: "call", id: "call_0", name: "f", signature: "sig" }]);
  });
});

describe("errors", () => {
  test("an answer that is one has the API's envelope", () => {
    expect(JSON.parse(responsesWriter.problem(problem))).toEqual({
      error: {
        message: "gone",
        type: "upstream_error",
        param: null,
        code: "upstream_stream_broken",
      },
    });
  });

  test("a stream that breaks ends with what came so far, failed, and an error", () => {
    const encoder = responsesWriter.open(asked());
    const head =
      encoder.encode(start) + encoder.encode(say("a")) + encoder.encode(callStart(0, "f"));
    const events = eventsIn(head + encoder.broken?.(problem));
    expect(events.map(({ data }) => data["sequence_number"])).toEqual(events.map((_, at) => at));
    expect(events.slice(-2)).toMatchObject([
      {
        name: "response.failed",
        data: {
          response: {
            id: "resp_1",
            status: "failed",
            error: { code: "upstream_stream_broken", message: "gone" },
            output: [
              { type: "message", content: [{ text: "a" }] },
              { type: "function_call", status: "incomplete" },
            ],
          },
        },
      },
      {
        name: "error",
        data: { type: "error", code: "upstream_stream_broken", message: "gone", param: null },
      },
    ]);
  });

  test.each([
    [true, { summary: [{ type: "summary_text", text: "hm" }] }],
    [false, { summary: [], content: [{ type: "reasoning_text", text: "hm" }] }],
  ])(
    "a stream that breaks in its thinking keeps what was thought, a summary: %s",
    (summary, item) => {
      const encoder = responsesWriter.open(asked());
      encoder.encode(start);
      encoder.encode(think("hm", summary));
      const [failed] = eventsIn(encoder.broken?.(problem) ?? "");
      expect(failed?.data).toMatchObject({ response: { output: [item] } });
    },
  );

  test("a stream of which nothing is known ends with an error alone", () => {
    const [event, ...rest] = eventsIn(responsesWriter.brokenStream(problem));
    expect(event).toMatchObject({ name: "error", data: { type: "error", message: "gone" } });
    expect(rest).toEqual([]);
  });
});
