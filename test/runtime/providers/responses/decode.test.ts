import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/protocol/answer-event.ts";
import {
  added,
  args,
  argsDelta,
  at,
  begun,
  bytesOf,
  callStart,
  counted,
  created,
  decode,
  delta,
  done,
  ended,
  event,
  fc,
  finished,
  message,
  opened,
  plain,
  reasoning,
  response,
  said,
  thinking,
  thought,
  whole,
} from "./frames.ts";

const summaryDelta = (part: number, text: string): string =>
  event("response.reasoning_summary_text.delta", {
    output_index: 0,
    item_id: "rs_1",
    summary_index: part,
    delta: text,
  });
const cited = { type: "url_citation", url: "u", title: "t", start_index: 0, end_index: 1 };
const citation: AnswerEvent = {
  kind: "citation",
  choice: 0,
  citation: {
    type: "url_citation",
    url_citation: { url: "u", title: "t", start_index: 0, end_index: 1 },
  },
};

describe("a stream", () => {
  test.each<[string, string, readonly AnswerEvent[]]>([
    ["text", plain, [said("Hé"), said(" 🚂"), finished(), counted]],
    ["text that comes only with its end", ended(0, message("a")), [said("a"), finished(), counted]],
    [
      "a source, told once",
      opened +
        delta("a") +
        event("response.output_text.annotation.added", {
          ...at,
          annotation_index: 0,
          annotation: cited,
        }) +
        ended(0, {
          ...message("a"),
          content: [{ type: "output_text", text: "a", annotations: [cited] }],
        }),
      [said("a"), citation, finished(), counted],
    ],
    [
      "a source that comes with the text's end",
      opened +
        delta("a") +
        event("response.content_part.done", {
          ...at,
          part: { type: "output_text", text: "a", annotations: [cited] },
        }),
      [said("a"), citation, finished(), counted],
    ],
    [
      "logprobs",
      event("response.output_text.delta", {
        ...at,
        delta: "a",
        logprobs: [{ token: "a", logprob: -1 }],
      }),
      [
        { kind: "text", choice: 0, text: "a", logprobs: [{ token: "a", logprob: -1 }] },
        finished(),
        counted,
      ],
    ],
    [
      "a refusal",
      event("response.refusal.delta", { ...at, delta: "no" }) +
        ended(0, { type: "message", content: [{ type: "refusal", refusal: "no" }] }),
      [{ kind: "refusal", choice: 0, text: "no" }, finished(), counted],
    ],
    [
      "calls whose arguments interleave, numbered from 0 whatever stands before",
      ended(0, message("")) +
        added(1, fc()) +
        argsDelta(1, "{") +
        added(2, fc({ call_id: "c2" })) +
        argsDelta(2, "[") +
        argsDelta(1, "}") +
        ended(1, fc({ arguments: "{}" })) +
        ended(2, fc({ call_id: "c2", arguments: "[" })),
      [
        callStart(0, "c1"),
        args(0, "{"),
        callStart(1, "c2"),
        args(1, "["),
        args(0, "}"),
        finished("tool_calls"),
        counted,
      ],
    ],
    [
      "a call whose arguments come whole",
      added(0, fc()) +
        event("response.function_call_arguments.done", { output_index: 0, arguments: "{}" }) +
        ended(0, fc({ arguments: "{}" })),
      [callStart(0, "c1"), args(0, "{}"), finished("tool_calls"), counted],
    ],
    [
      "a call that comes whole",
      ended(0, fc({ arguments: "{}" })),
      [callStart(0, "c1"), args(0, "{}"), finished("tool_calls"), counted],
    ],
    [
      "a call of a custom tool",
      added(0, fc({ type: "custom_tool_call", input: "" })) +
        event("response.custom_tool_call_input.delta", { output_index: 0, delta: "x" }) +
        ended(0, fc({ type: "custom_tool_call", input: "x" })),
      [callStart(0, "c1", true), args(0, "x"), finished("tool_calls"), counted],
    ],
    [
      "thinking in two parts of a summary",
      added(0, reasoning()) +
        summaryDelta(0, "a") +
        summaryDelta(0, "b") +
        summaryDelta(1, "c") +
        ended(
          0,
          reasoning({
            summary: [
              { type: "summary_text", text: "ab" },
              { type: "summary_text", text: "c" },
            ],
            encrypted_content: "xyz",
          }),
        ),
      [
        thinking("a", true),
        thinking("b", true),
        thinking("\n\nc", true),
        {
          kind: "reasoning_end",
          choice: 0,
          reasoning: { ...thought, text: "ab\n\nc", summary: true, encrypted: "xyz" },
        },
        finished(),
        counted,
      ],
    ],
    [
      "open thinking",
      added(0, reasoning()) +
        event("response.reasoning_text.delta", { output_index: 0, content_index: 0, delta: "hm" }) +
        ended(0, reasoning({ content: [{ type: "reasoning_text", text: "hm" }] })),
      [
        thinking("hm", false),
        { kind: "reasoning_end", choice: 0, reasoning: { ...thought, text: "hm", summary: false } },
        finished(),
        counted,
      ],
    ],
    [
      "hidden thinking",
      ended(0, reasoning({ encrypted_content: "xyz" })),
      [
        {
          kind: "reasoning_end",
          choice: 0,
          reasoning: { ...thought, text: "", summary: true, encrypted: "xyz" },
        },
        finished(),
        counted,
      ],
    ],
    [
      "an image and a sound",
      ended(0, { type: "image_generation_call", id: "ig", result: "AA==", output_format: "webp" }) +
        ended(1, {
          type: "message",
          content: [{ type: "output_audio", data: "BB==", transcript: "hi" }],
        }),
      [
        { kind: "media", choice: 0, mediaType: "image/webp", data: "AA==" },
        {
          kind: "media",
          choice: 0,
          mediaType: "audio/wav",
          data: "BB==",
          about: { transcript: "hi" },
        },
        finished(),
        counted,
      ],
    ],
    [
      "what is newer than this code, and a keepalive",
      event("response.smell.delta", { delta: "rose" }) +
        added(0, { type: "smell" }) +
        ended(0, { type: "smell" }) +
        event("keepalive"),
      [{ kind: "ping" }, finished(), counted],
    ],
  ])("%s", (_name, text, events) => {
    const { decoder, events: told } = decode(created + text + done([]));
    expect(told).toEqual([begun, ...events]);
    expect(decoder).toMatchObject({ done: true, failure: null });
  });

  test("tells once what comes again in the last event, and all that comes there alone", () => {
    const output = [message("Hé 🚂"), fc({ arguments: "{}" })];
    const { events } = decode(plain + done(output));
    expect(events).toEqual([
      begun,
      said("Hé"),
      said(" 🚂"),
      callStart(0, "c1"),
      args(0, "{}"),
      finished("tool_calls"),
      counted,
    ]);
  });

  test.each([
    ["max_output_tokens", "length"],
    ["content_filter", "content_filter"],
    ["steered", "steered"],
    [undefined, "length"],
  ])("cut for %s finishes as %s", (reason, finish) => {
    const details = reason === undefined ? null : { reason };
    const last = event("response.incomplete", {
      response: { ...response, incomplete_details: details },
    });
    expect(decode(created + last).events.at(-1)).toEqual(finished(finish, reason ?? "incomplete"));
  });

  test("tells the tier that served, not the one wished for", () => {
    const tiers = ["flex", "auto"].map((tier) =>
      decode(created + done([], { service_tier: tier })).events.at(-1),
    );
    expect(tiers).toMatchObject([{ tier: "flex" }, { tier: null }]);
  });

  test.each([
    ["carriage returns and feeds", whole.replaceAll("\n", "\r\n")],
    ["carriage returns", whole.replaceAll("\n", "\r")],
    ["a byte order mark", `\uFEFF${whole}`],
    ["comments", whole.replaceAll("event:", ": hi\n\nevent:")],
    ["no names of events", whole.replaceAll(/event: .*\n/g, "")],
    ["names without types in the data", whole.replaceAll(/"type":"response[a-z._]*",/g, "")],
    ["no blank line at its end", whole.slice(0, -2)],
    ["something behind its end", `${whole}data: [DONE]\n\ndata: junk\n\n`],
  ])("with %s says the same", (_name, text) => {
    expect(decode(text).events).toEqual([begun, said("Hé"), said(" 🚂"), finished(), counted]);
  });

  test("says the same wherever its bytes are cut", () => {
    const bytes = bytesOf(whole);
    const expected = decode(bytes).events;
    for (let cut = 1; cut < bytes.length; cut++)
      expect(decode(bytes, [cut]).events).toEqual(expected);
    expect(decode(bytes, [...bytes.keys()]).events).toEqual(expected);
  });
});
