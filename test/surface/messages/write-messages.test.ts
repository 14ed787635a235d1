import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { Fields } from "../../../src/protocol/conversation.ts";
import { messagesWriter } from "../../../src/surface/messages/write-messages.ts";
import { callArgs, callStart, finish, start, text, usage } from "../../support/answer-events.ts";
import { answerEvents } from "./answer-events.ts";
import { dataOf, least, requestOf, streamOf, wholeOf } from "./support.ts";

const contentOf = (...events: AnswerEvent[]) => wholeOf([start, ...events])["content"];
const namesOf = (stream: string) => dataOf(stream).map((data) => data["type"]);

describe("a stream", () => {
  test("is written event by event, counts first where they are known", () => {
    const stream = streamOf([start, usage, text("Hel"), text("lo"), finish("stop"), usage]);
    expect(stream).toBe(
      [
        'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"maker-1","content":[],"container":null,"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":30,"cache_read_input_tokens":60,"cache_creation":null,"output_tokens":0,"output_tokens_details":null,"server_tool_use":null,"service_tier":"standard","inference_geo":null,"speed":null}}}',
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"","citations":null}}',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}',
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}',
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null,"container":null},"usage":{"input_tokens":10,"cache_creation_input_tokens":30,"cache_read_input_tokens":60,"output_tokens":20,"output_tokens_details":{"thinking_tokens":5},"server_tool_use":null}}',
        'event: message_stop\ndata: {"type":"message_stop"}',
        "",
      ].join("\n\n"),
    );
  });

  test("passes pings on, the first of them before the message", () => {
    expect(namesOf(streamOf([{ kind: "ping" }, start, { kind: "ping" }]))).toEqual([
      "ping",
      "ping",
      "message_start",
      "message_delta",
      "message_stop",
    ]);
  });

  test("holds calls that are told by turns back until the first is over", () => {
    const events = [
      start,
      callStart(0, { id: "a" }),
      callArgs(0, '{"x"'),
      callStart(1, { id: "b", name: "g" }),
      callArgs(1, '{"y":'),
      callArgs(0, ":1}"),
      callStart(2, { id: "c", name: "h" }),
      callArgs(1, "2}"),
      finish("tool_calls"),
    ];
    const blocks = dataOf(streamOf(events)).filter((data) => "index" in data);
    expect(blocks.map((data) => [data["index"], data["type"]])).toEqual([
      [0, "content_block_start"],
      [0, "content_block_delta"],
      [0, "content_block_delta"],
      [0, "content_block_stop"],
      [1, "content_block_start"],
      [1, "content_block_delta"],
      [1, "content_block_stop"],
      [2, "content_block_start"],
      [2, "content_block_stop"],
    ]);
    expect(wholeOf(events)["content"]).toEqual([
      { type: "tool_use", id: "a", name: "f", input: { x: 1 } },
      { type: "tool_use", id: "b", name: "g", input: { y: 2 } },
      { type: "tool_use", id: "c", name: "h", input: {} },
    ]);
  });

  test("begins a call at once when the one before is whole", () => {
    const encoder = messagesWriter.open(requestOf(least));
    for (const event of [start, callStart(0, { id: "a" }), callArgs(0, '{"x":1}')])
      encoder.encode(event);
    const names = (event: AnswerEvent) => namesOf(encoder.encode(event));
    expect(names(callStart(1, { id: "b", name: "g" }))).toEqual([
      "content_block_stop",
      "content_block_start",
    ]);
    expect(names(callArgs(1, "{}"))).toEqual(["content_block_delta"]);
  });

  test("that breaks ends with an error", () => {
    const problem = {
      status: 502,
      type: "upstream_error",
      code: "x",
      param: null,
      message: "gone",
    };
    expect(messagesWriter.brokenStream(problem)).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"gone"}}\n\n',
    );
  });
});

describe("content", () => {
  const citation = (start_index: number, end_index: number): AnswerEvent => ({
    kind: "citation",
    choice: 0,
    citation: {
      type: "url_citation",
      url_citation: { url: "https://a", title: "A", start_index, end_index },
    },
  });
  const found = (cited_text: string) => ({
    type: "web_search_result_location",
    url: "https://a",
    title: "A",
    cited_text,
    encrypted_index: "",
  });
  test.each<[string, AnswerEvent[], unknown]>([
    ["empty texts open no block", [text("")], []],
    [
      "text after calls is a block of its own",
      [text("a"), callStart(0, { id: "t" }), text("b")],
      [
        { type: "text", text: "a", citations: null },
        { type: "tool_use", id: "t", name: "f", input: {} },
        { type: "text", text: "b", citations: null },
      ],
    ],
    [
      "a refusal is text",
      [{ kind: "refusal", choice: 0, text: "No." }],
      [{ type: "text", text: "No.", citations: null }],
    ],
    [
      "other choices are left out",
      [text("a"), { kind: "text", choice: 1, text: "b" }],
      [{ type: "text", text: "a", citations: null }],
    ],
    [
      "places of URLs are what a search found",
      [text("so it is"), citation(3, 5)],
      [{ type: "text", text: "so it is", citations: [found("it")] }],
    ],
    [
      "a citation that comes early waits for its text",
      [citation(-1, 5), text("a")],
      [{ type: "text", text: "a", citations: [found("")] }],
    ],
    [
      "and is told but once",
      [citation(-1, 5), text("a"), callStart(0, { id: "t" }), text("b")],
      [
        { type: "text", text: "a", citations: [found("")] },
        { type: "tool_use", id: "t", name: "f", input: {} },
        { type: "text", text: "b", citations: null },
      ],
    ],
    [
      "a call that begins twice is one",
      [callStart(0, { id: "t" }), callArgs(0, "{}"), callStart(0, { id: "t" })],
      [{ type: "tool_use", id: "t", name: "f", input: {} }],
    ],
    [
      "citations of this wire pass",
      [text("a"), { kind: "citation", choice: 0, citation: { type: "page_location", x: 1 } }],
      [{ type: "text", text: "a", citations: [{ type: "page_location", x: 1 }] }],
    ],
    [
      "ids of calls fit, each once",
      [
        callStart(0, { id: "a.b" }),
        callStart(1, { id: "a:b", name: "g" }),
        callStart(2, { id: "", name: "h" }),
      ],
      [
        { type: "tool_use", id: "a_b", name: "f", input: {} },
        { type: "tool_use", id: "a_b_1", name: "g", input: {} },
        { type: "tool_use", id: expect.stringMatching(/^toolu_[\w-]+_2$/), name: "h", input: {} },
      ],
    ],
    [
      "arguments that are no object are kept as they are",
      [callStart(0, { id: "t" }), callArgs(0, '{"x":')],
      [{ type: "tool_use", id: "t", name: "f", input: { _raw: '{"x":' } }],
    ],
    [
      "free text of a custom tool is a field",
      [
        { ...callStart(0, { id: "t" }), custom: true } as AnswerEvent,
        callArgs(0, 'say "'),
        callArgs(0, '\n"'),
      ],
      [{ type: "tool_use", id: "t", name: "f", input: { input: 'say "\n"' } }],
    ],
    [
      "an image is noted",
      [{ kind: "media", choice: 0, mediaType: "image/png", data: "AAAA" }],
      [
        {
          type: "text",
          text: "(The model made image/png of 3 bytes, which this API cannot carry.)",
          citations: null,
        },
      ],
    ],
    [
      "a sound is its words",
      [
        {
          kind: "media",
          choice: 0,
          mediaType: "audio/wav",
          data: "AAAA",
          about: { transcript: "hello" },
        },
      ],
      [{ type: "text", text: "hello", citations: null }],
    ],
  ])("%s", (_name, events, content) => {
    expect(contentOf(...events, finish("stop"))).toEqual(content);
  });
});

describe("the end", () => {
  const called = callStart(0, { id: "t" });
  const refused: AnswerEvent = { kind: "refusal", choice: 0, text: "No." };
  const details = (explanation: string | null) => ({
    type: "refusal",
    category: null,
    explanation,
  });
  test.each<[AnswerEvent[], string | null, object?]>([
    [[finish("stop")], "end_turn"],
    [[finish("stop", { stopSequence: "END" })], "stop_sequence", { stop_sequence: "END" }],
    [
      [finish("stop", { native: "stop_sequence", stopSequence: "E" })],
      "stop_sequence",
      { stop_sequence: "E" },
    ],
    [[finish("stop", { native: "pause_turn" })], "pause_turn"],
    [[finish("stop", { native: "STOP" })], "end_turn"],
    [[finish("length")], "max_tokens"],
    [
      [finish("length", { native: "model_context_window_exceeded" })],
      "model_context_window_exceeded",
    ],
    [[called, finish("tool_calls")], "tool_use"],
    [[called, finish("stop")], "tool_use"],
    [[called, finish("stop", { native: "end_turn" })], "tool_use"],
    [[called, finish("length")], "max_tokens"],
    [[finish("content_filter")], "refusal", { stop_details: details(null) }],
    [[refused, finish("stop")], "refusal", { stop_details: details("No.") }],
    [[finish("compaction")], "compaction"],
    [[finish("stop"), finish("length")], "end_turn"],
    [[], null],
  ])("after %j is %s", (events, stop_reason, more = {}) => {
    const expected = { stop_reason, stop_sequence: null, stop_details: null, ...more };
    expect(wholeOf([start, ...events])).toMatchObject(expected);
    expect(dataOf(streamOf([start, ...events])).at(-2)).toMatchObject({ delta: expected });
  });

  test("replaces counts that were too early, and knows nothing where none came", () => {
    const late = { ...usage, usage: { ...usage.usage, outputTokens: 90 } };
    const end = (...events: AnswerEvent[]) =>
      dataOf(streamOf([start, ...events])).at(-2)?.["usage"];
    expect(end(usage, text("a"), finish("stop"), late)).toMatchObject({ output_tokens: 90 });
    expect(end(text("a"), finish("stop"))).toMatchObject({ input_tokens: null, output_tokens: 0 });
  });
});

describe("a message's id", () => {
  test.each([
    ["msg_1", "msg_1"],
    ["chatcmpl-1", "msg_chatcmpl-1"],
    ["a/b", "msg_a_b"],
  ])("of %s is %s", (id, expected) => {
    expect(wholeOf([{ ...start, id } as AnswerEvent])["id"]).toBe(expected);
  });
  test("is made up for none, the same each time", () => {
    const made = wholeOf([{ ...start, id: "" } as AnswerEvent])["id"];
    expect(made).toMatch(/^msg_[0-9a-f]{16}$/);
    expect(wholeOf([{ ...start, id: "" } as AnswerEvent])["id"]).toBe(made);
  });
});

describe("a problem", () => {
  test.each([
    [400, "invalid_request_error"],
    [401, "authentication_error"],
    [402, "billing_error"],
    [403, "permission_error"],
    [404, "not_found_error"],
    [413, "request_too_large"],
    [422, "invalid_request_error"],
    [429, "rate_limit_error"],
    [500, "api_error"],
    [502, "api_error"],
    [503, "overloaded_error"],
    [504, "timeout_error"],
    [529, "overloaded_error"],
  ])("of status %i is of type %s", (status, type) => {
    const problem = { status, type: "other", code: null, param: null, message: "why" };
    expect(JSON.parse(messagesWriter.problem(problem))).toEqual({
      type: "error",
      error: { type, message: "why" },
    });
  });

  test.each([
    ["the provider says 9 > 5", "prompt is too long: the provider says 9 > 5"],
    ["Prompt is too long: 9 > 5", "Prompt is too long: 9 > 5"],
  ])("of a context that is exceeded says so in words that clients know: %s", (message, said) => {
    const code = "context_length_exceeded";
    const problem = { status: 400, type: "", code, param: null, message };
    expect(JSON.parse(messagesWriter.problem(problem)).error.message).toBe(said);
  });
});

test("a count of tokens is one field", () => {
  expect(messagesWriter.count?.(12)).toBe('{"input_tokens":12}');
});

/** Holds a stream to the order of this wire and gives back its blocks, as any client would put them together. */
function blocksOf(stream: string): Record<string, unknown>[] {
  const events = dataOf(stream).filter((data) => data["type"] !== "ping");
  expect(events[0]?.["type"]).toBe("message_start");
  expect(events.at(-2)?.["type"]).toBe("message_delta");
  expect(events.at(-1)?.["type"]).toBe("message_stop");
  const blocks: Record<string, unknown>[] = [];
  let open = false;
  for (const { type, index, content_block, delta } of events.slice(1, -2) as Fields[]) {
    expect(index).toBe(type === "content_block_start" ? blocks.length : blocks.length - 1);
    expect(open).toBe(type !== "content_block_start");
    open = type !== "content_block_stop";
    if (type === "content_block_start") blocks.push({ ...(content_block as Fields), json: "" });
    if (type === "content_block_delta") put(blocks.at(-1) ?? {}, delta as Fields);
  }
  expect(open).toBe(false);
  return blocks;
}

function put(block: Record<string, unknown>, { type: _type, ...delta }: Fields): void {
  for (const [name, value] of Object.entries(delta)) {
    if (name === "citation") block["citations"] = [...((block["citations"] as []) ?? []), value];
    else if (name === "partial_json") block["json"] += value as string;
    else block[name] = `${block[name]}${value}`;
  }
}

describe("whatever the events", () => {
  test("blocks follow one another, and a stream says what a whole answer says", () => {
    fc.assert(
      fc.property(answerEvents, (events) => {
        const blocks = blocksOf(streamOf(events)).map(({ json, ...block }) =>
          block["type"] === "tool_use" && json !== ""
            ? { ...block, input: JSON.parse(json as string) }
            : block,
        );
        const whole = wholeOf(events);
        expect(blocks).toEqual(whole["content"]);
        expect(dataOf(streamOf(events)).at(-2)).toMatchObject({
          delta: { stop_reason: whole["stop_reason"] },
        });
      }),
      { numRuns: 300 },
    );
  });

  test("no text, call or argument is lost", () => {
    fc.assert(
      fc.property(answerEvents, (events) => {
        const content = wholeOf(events)["content"] as Fields[];
        const textIn = (type: string, field: string) =>
          content
            .filter((block) => block["type"] === type)
            .map((block) => block[field])
            .join("");
        const told = (kind: string) =>
          events
            .map((event) => (event.kind === kind && "text" in event ? event.text : ""))
            .join("");
        expect(textIn("text", "text")).toBe(told("text"));
        expect(textIn("thinking", "thinking")).toBe(told("reasoning"));
        const inputs = content.flatMap((block) =>
          block["type"] === "tool_use" ? [block["input"]] : [],
        );
        const args = new Map<number, string>();
        for (const event of events) {
          if (event.kind === "call_start") args.set(event.call, "");
          if (event.kind === "call_args")
            args.set(event.call, (args.get(event.call) ?? "") + event.text);
        }
        expect(inputs).toEqual([...args.values()].map((json) => JSON.parse(json || "{}")));
      }),
      { numRuns: 300 },
    );
  });
});
