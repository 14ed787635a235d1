import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
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
} from "./support.ts";

const stepsOf = (events: readonly AnswerEvent[]): string[] =>
  eventsIn(streamed(events)).map(({ name, data }) =>
    [
      name.replace("response.", ""),
      data["output_index"],
      data["content_index"] ?? data["summary_index"],
    ]
      .filter((part) => part !== undefined)
      .join(" "),
  );
describe("the order of events", () => {
  test.each<[string, readonly AnswerEvent[], readonly string[]]>([
    [
      "text",
      [start, say("a"), say("b"), finish(), counted],
      [
        "created",
        "in_progress",
        "output_item.added 0",
        "content_part.added 0 0",
        "output_text.delta 0 0",
        "output_text.delta 0 0",
        "output_text.done 0 0",
        "content_part.done 0 0",
        "output_item.done 0",
        "completed",
      ],
    ],
    [
      "a summary of thinking, then text with a source, then a refusal",
      [
        start,
        think("a", true),
        thinkEnd(),
        say("b"),
        { kind: "citation", choice: 0, citation: { type: "file_citation", file_id: "f" } },
        { kind: "refusal", choice: 0, text: "no" },
        finish(),
      ],
      [
        "created",
        "in_progress",
        "output_item.added 0",
        "reasoning_summary_part.added 0 0",
        "reasoning_summary_text.delta 0 0",
        "reasoning_summary_text.done 0 0",
        "reasoning_summary_part.done 0 0",
        "output_item.done 0",
        "output_item.added 1",
        "content_part.added 1 0",
        "output_text.delta 1 0",
        "output_text.annotation.added 1 0",
        "output_text.done 1 0",
        "content_part.done 1 0",
        "content_part.added 1 1",
        "refusal.delta 1 1",
        "refusal.done 1 1",
        "content_part.done 1 1",
        "output_item.done 1",
        "completed",
      ],
    ],
    [
      "open thinking",
      [start, think("a"), say("b"), finish()],
      [
        "created",
        "in_progress",
        "output_item.added 0",
        "content_part.added 0 0",
        "reasoning_text.delta 0 0",
        "reasoning_text.done 0 0",
        "content_part.done 0 0",
        "output_item.done 0",
        "output_item.added 1",
        "content_part.added 1 0",
        "output_text.delta 1 0",
        "output_text.done 1 0",
        "content_part.done 1 0",
        "output_item.done 1",
        "completed",
      ],
    ],
    [
      "calls whose arguments interleave",
      [
        start,
        callStart(0, "f"),
        args(0, "{"),
        callStart(1, "g", true),
        args(1, "x"),
        args(0, "}"),
        finish("tool_calls"),
      ],
      [
        "created",
        "in_progress",
        "output_item.added 0",
        "function_call_arguments.delta 0",
        "output_item.added 1",
        "custom_tool_call_input.delta 1",
        "function_call_arguments.delta 0",
        "function_call_arguments.done 0",
        "output_item.done 0",
        "custom_tool_call_input.done 1",
        "output_item.done 1",
        "completed",
      ],
    ],
    ["nothing at all", [start, finish()], ["created", "in_progress", "completed"]],
    [
      "an image",
      [start, { kind: "media", choice: 0, mediaType: "image/webp", data: "AA==" }, finish()],
      ["created", "in_progress", "output_item.added 0", "output_item.done 0", "completed"],
    ],
  ])("%s", (_name, events, steps) => {
    expect(stepsOf(events)).toEqual(steps);
  });

  test.each([{ summary: "auto" }, { generate_summary: "concise" }])(
    "a client that asks for %j is told all thinking as a summary",
    (reasoning) => {
      const events = [start, think("a"), thinkEnd(), say("b"), finish()];
      const encoder = responsesWriter.open(asked({ reasoning }));
      const text = events.map((event) => encoder.encode(event)).join("");
      expect(text).toContain("response.reasoning_summary_text.delta");
      expect(text).not.toContain("response.reasoning_text.delta");
      const { output } = JSON.parse(responsesWriter.whole(asked({ reasoning }), events)) as {
        output: readonly object[];
      };
      expect(output[0]).toMatchObject({ summary: [{ type: "summary_text", text: "a" }] });
      expect(output[0]).not.toHaveProperty("content");
    },
  );

  test("events are numbered from 0, and named as their data says", () => {
    const events = eventsIn(streamed([start, think("a"), say("b"), callStart(0, "f"), finish()]));
    expect(events.map(({ data }) => data["sequence_number"])).toEqual(events.map((_, at) => at));
    for (const { name, data } of events) expect(data["type"]).toBe(name);
  });

  test("a ping is a comment, and counts for nothing", () => {
    const encoder = responsesWriter.open(asked());
    expect(encoder.encode({ kind: "ping" })).toBe(": keep-alive\n\n");
  });

  test("answers but the first are not this wire's", () => {
    const other: AnswerEvent = { kind: "text", choice: 1, text: "b" };
    expect(stepsOf([start, other, finish()])).toEqual(["created", "in_progress", "completed"]);
  });
});
