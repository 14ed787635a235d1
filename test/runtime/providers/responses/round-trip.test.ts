import fc from "fast-check";
import { expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/protocol/answer-event.ts";
import { decodeResponsesBody } from "../../../../src/runtime/providers/responses/decode-body.ts";
import { openResponsesRelay } from "../../../../src/runtime/providers/responses/relay.ts";
import { responsesWriter } from "../../../../src/surface/responses/write-responses.ts";
import { asked, streamed } from "../../../surface/responses/support.ts";
import { head, readAll } from "../support.ts";
import { bytesOf, decode } from "./frames.ts";

/*
 * The normal form: what comes back of an answer that went out on this wire. Ids are this wire's; texts are not empty; each block of
 * thinking is of one kind, and its end tells its text, nobody's signature, the answer's model and this wire; citations are those of chat
 * completions; functions have arguments; a finish says in this wire's words why, calls included; usage comes last, once.
 */
const text = fc.string({ minLength: 1, unit: "grapheme" });
const texts = fc.array(text, { minLength: 1, maxLength: 4 });
const model = "gpt-x";

/** Events of one block; it is told how many events and calls came before it. */
type Block = (events: number, calls: number) => readonly AnswerEvent[];

const spoken: fc.Arbitrary<Block> = fc
  .oneof(
    texts.map((pieces) =>
      pieces.map((piece): AnswerEvent => ({ kind: "text", choice: 0, text: piece })),
    ),
    texts.map((pieces) =>
      pieces.map((piece): AnswerEvent => ({ kind: "refusal", choice: 0, text: piece })),
    ),
    fc
      .record({ url: text, title: text, start_index: fc.nat(9), end_index: fc.nat(9) })
      .map((url_citation): readonly AnswerEvent[] => [
        { kind: "text", choice: 0, text: "see" },
        { kind: "citation", choice: 0, citation: { type: "url_citation", url_citation } },
      ]),
    fc
      .constantFrom("png", "webp")
      .map((type): readonly AnswerEvent[] => [
        { kind: "media", choice: 0, mediaType: `image/${type}`, data: "AA==" },
      ]),
  )
  .map((events) => () => events);

const thinking: fc.Arbitrary<Block> = fc
  .record({
    pieces: fc.array(text, { maxLength: 3 }),
    summary: fc.boolean(),
    encrypted: fc.option(text),
  })
  .map(({ pieces, summary, encrypted }) => (events) => {
    const id = `rs_${events}`;
    const whole = pieces.join("");
    const told = { text: whole, summary: summary || whole === "" };
    return [
      ...pieces.map(
        (piece): AnswerEvent => ({ kind: "reasoning", choice: 0, text: piece, summary, id }),
      ),
      {
        kind: "reasoning_end",
        choice: 0,
        reasoning: { ...told, signature: null, encrypted, id, model, dialect: "responses" },
      },
    ];
  });

/** Calls whose arguments interleave as the numbers say. */
const calling: fc.Arbitrary<Block> = fc
  .record({
    customs: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
    pieces: fc.array(fc.tuple(fc.nat(2), text), { maxLength: 6 }),
  })
  .map(({ customs, pieces }) => (_events, calls) => {
    const args = (at: number, piece: string): AnswerEvent => ({
      kind: "call_args",
      choice: 0,
      call: calls + (at % customs.length),
      text: piece,
    });
    return [
      ...customs.flatMap((custom, at): AnswerEvent[] => {
        const call = calls + at;
        const head = { choice: 0, call, id: `call_${call}`, name: "f", custom };
        return [{ kind: "call_start", ...head }, args(at, "{")];
      }),
      ...pieces.map(([at, piece]) => args(at, piece)),
    ];
  });

const endings = (called: boolean): readonly (readonly [reason: string, native: string])[] => [
  [called ? "tool_calls" : "stop", "completed"],
  ["length", "max_output_tokens"],
  ["content_filter", "content_filter"],
];

const answers: fc.Arbitrary<readonly AnswerEvent[]> = fc
  .record({
    blocks: fc.array(fc.oneof(spoken, thinking, calling), { maxLength: 6 }),
    ending: fc.nat(2),
    counts: fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99)),
    tier: fc.constantFrom(null, "flex", "default"),
  })
  .map(({ blocks, ending, counts: [read, written, fresh, shown, thought], tier }) => {
    const events: AnswerEvent[] = [{ kind: "start", id: "resp_1", model, created: 1700 }];
    const calls = () => events.filter((event) => event.kind === "call_start").length;
    for (const made of blocks) events.push(...made(events.length, calls()));
    const [reason, native] = endings(calls() > 0)[ending]!;
    events.push({ kind: "finish", choice: 0, reason, native, stopSequence: null });
    // On this wire a picture is what a tool of the provider's made.
    const drawn = events.filter((event) => event.kind === "media").length;
    const usage = {
      inputTokens: read + written + fresh,
      cachedReadTokens: read,
      cachedWriteTokens: written,
      outputTokens: shown + thought,
      reasoningTokens: thought,
      estimated: false,
      ...(drawn === 0 ? {} : { paidCalls: drawn }),
    };
    return [...events, { kind: "usage", usage, tier }];
  });

/** What an answer says, however it is cut into pieces. */
function gist(events: readonly AnswerEvent[]): object {
  const joined = new Map<string, string>();
  const rest: AnswerEvent[] = [];
  for (const event of events) {
    if (!("text" in event)) rest.push(event);
    else {
      const call = event.kind === "call_args" ? event.call : "";
      const key = `${event.kind} ${call}`;
      joined.set(key, (joined.get(key) ?? "") + event.text);
    }
  }
  return { rest, said: Object.fromEntries([...joined].sort()) };
}

test("what is decoded of an answer that was streamed is the answer", () => {
  fc.assert(
    fc.property(answers, (events) => {
      const { decoder, events: decoded } = decode(streamed(events));
      expect(decoder).toMatchObject({ done: true, failure: null });
      expect(decoded).toEqual(events);
    }),
  );
});

test("what is decoded of an answer that was sent whole says the same", () => {
  fc.assert(
    fc.property(answers, (events) => {
      const whole = responsesWriter.whole(asked(), events);
      const decoded = decodeResponsesBody(head(), bytesOf(whole));
      if (!decoded.ok) throw new Error(decoded.failure.message);
      expect(gist(decoded.events)).toEqual(gist(events));
    }),
  );
});

test("cuts do not show, neither in what is decoded nor in what is relayed", () => {
  const cuts = fc.array(fc.nat({ max: 20_000 }), { maxLength: 12 });
  fc.assert(
    fc.property(answers, cuts, (events, at) => {
      const text = streamed(events);
      const bytes = bytesOf(text);
      const fitting = at.map((cut) => cut % bytes.length);
      expect(decode(bytes, fitting).events).toEqual(events);
      const { out, reader } = readAll(openResponsesRelay(), bytes, fitting);
      expect(out).toBe(text);
      const finish = events.find((event) => event.kind === "finish");
      const usage = events.find((event) => event.kind === "usage");
      expect(reader).toMatchObject({
        done: true,
        failure: null,
        finishReason: finish?.reason,
        usage: usage?.usage,
      });
    }),
  );
});
