import fc from "fast-check";
import { expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import { collectAnswer } from "../../../src/protocol/collect-answer.ts";
import { HeardAnswer, whyNotKept } from "../../../src/runtime/cache/kept-answer.ts";
import { pieces, withOwnId } from "../../../src/runtime/cache/replay.ts";

const start: AnswerEvent = { kind: "start", id: "chatcmpl-1", model: "m", created: 1 };
const text = (said: string, choice = 0): AnswerEvent => ({ kind: "text", choice, text: said });
const finish = (reason: string, choice = 0, native: string | null = null): AnswerEvent => ({
  ...{ kind: "finish", choice, reason, native, stopSequence: null },
});
const usage = (paidCalls: number): AnswerEvent => ({
  kind: "usage",
  usage: {
    ...{ inputTokens: 1, cachedReadTokens: 0, cachedWriteTokens: 0, outputTokens: 1 },
    ...{ reasoningTokens: 0, estimated: false, paidCalls },
  },
  tier: null,
});

test.each<[string, readonly AnswerEvent[], number, string | null]>([
  ["a whole answer", [start, text("x"), finish("stop"), usage(0)], 1, null],
  ["calls of tools", [start, finish("tool_calls")], 1, null],
  ["two whole answers", [start, finish("stop", 0), finish("stop", 1)], 2, null],
  ["one of two answers", [start, finish("stop", 0)], 2, "unfinished"],
  ["an answer without an end", [start, text("x")], 1, "unfinished"],
  ["a pause", [start, finish("pause_turn")], 1, "unfinished"],
  ["an answer cut by its length", [start, finish("length")], 1, "cut"],
  ["a filtered answer", [start, finish("content_filter")], 1, "filtered"],
  ["a refusal", [start, { kind: "refusal", choice: 0, text: "no" }, finish("stop")], 1, "refused"],
  ["a refusal told at the end", [start, finish("stop", 0, "refusal")], 1, "refused"],
  ["what was searched for", [start, finish("stop"), usage(1)], 1, "paid-tools"],
])("of %s is not kept: %#", (_, events, choices, why) => {
  expect(whyNotKept(events, choices)).toBe(why);
});

const word = fc.string({ maxLength: 40, unit: "grapheme" });
const choice = fc.constantFrom(0, 1);
const anyEvent: fc.Arbitrary<AnswerEvent> = fc.oneof(
  fc.record({ kind: fc.constant("text" as const), choice, text: word }),
  fc.record({ kind: fc.constant("refusal" as const), choice, text: word }),
  fc.record({
    ...{ kind: fc.constant("reasoning" as const), choice, text: word, summary: fc.boolean() },
  }),
  fc.record({ kind: fc.constant("call_args" as const), choice, call: choice, text: word }),
  fc.constant({ kind: "ping" as const }),
  fc.constantFrom(usage(0), usage(1)),
);

test("joined as it is heard, and cut again, an answer says the same", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      const heard = new HeardAnswer(1_000_000);
      for (const event of events) heard.add([event]);
      expect(collectAnswer(heard.events)).toEqual(collectAnswer(events));
      expect(collectAnswer([...pieces(heard.events)])).toEqual(collectAnswer(events));
      expect(heard.events.length).toBeLessThanOrEqual(events.length);
    }),
  );
});

test("beyond its bound nothing is held, whatever comes after", () => {
  fc.assert(
    fc.property(
      fc.array(anyEvent, { maxLength: 60 }),
      fc.integer({ min: 1, max: 2_000 }),
      (events, most) => {
        const heard = new HeardAnswer(most);
        for (const event of events) {
          heard.add([event]);
          if (heard.isTooLarge) expect(heard.events).toEqual([]);
          else {
            const letters = heard.events.reduce(
              (sum, each) => sum + ("text" in each ? each.text.length : 0),
              0,
            );
            expect(letters).toBeLessThanOrEqual(most);
          }
        }
      },
    ),
  );
});

test("pieces are a few words, and no letter is cut in two", () => {
  const long = "word ".repeat(40) + "\u{1F600}".repeat(100);
  const cut = [...pieces([text(long)])].map((each) => (each.kind === "text" ? each.text : ""));
  expect(cut.join("")).toBe(long);
  expect(cut.length).toBeGreaterThan(8);
  for (const piece of cut) {
    expect(piece.length).toBeLessThanOrEqual(97);
    expect(piece.isWellFormed()).toBe(true);
  }
});

test.each([
  ["chatcmpl-abc", "chatcmpl-req_1"],
  ["msg_01X", "msg_req_1"],
  ["resp_1", "resp_req_1"],
  ["0af3-77", "req_1"],
  ["", "req_1"],
])("an answer of id %s is replayed as %s", (id, own) => {
  const [first] = withOwnId([{ ...start, id } as AnswerEvent, text("x")], "req_1");
  expect(first).toEqual({ ...start, id: own });
});
