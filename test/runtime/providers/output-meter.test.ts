import fc from "fast-check";
import { expect, test } from "vitest";
import { adapterFor } from "../../../src/runtime/providers/adapters.ts";
import { OutputMeter } from "../../../src/runtime/providers/output-meter.ts";
import { call, chunk, reader, role, said, stop } from "./openai/frames.ts";
import { chat, eventStream, head, readAll } from "./support.ts";

test.each<[string, readonly string[], number]>([
  ["nothing", [], 0],
  ["long pieces by their bytes", ["four", "fourfour", "x"], 4],
  ["short pieces by their number", ["a", "b", "c", "d", "e"], 5],
  ["bytes of UTF-8, not letters", ["信号所信号所信号所信号所"], 9],
  ["no empty piece", ["", "a", ""], 1],
])("output is estimated from %s", (_, texts, tokens) => {
  const meter = new OutputMeter();
  for (const text of texts) meter.addText(text);
  expect(meter.tokens()).toBe(tokens);
});

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const spoken: readonly (readonly [string, number])[] = [
  [said("Hello 🚂 "), 11],
  [said("over and over"), 13],
  [said("the same shape"), 14],
  [chunk({ reasoning_content: "hmm" }), 3],
  [chunk({ reasoning: "hm" }), 2],
  [chunk({ refusal: "no" }), 2],
  [call({ index: 0, function: { arguments: "{}" } }), 2],
];

const opened = call({
  index: 0,
  id: "c",
  type: "function",
  function: { name: "f", arguments: "" },
});

test("property: an OpenAI stream's estimate is that of its text, however its bytes are cut", () => {
  const pick = fc.array(fc.nat({ max: spoken.length - 1 }), { minLength: 1, maxLength: 30 });
  const anywhere = fc.array(fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(pick, fc.option(anywhere), (picked, cuts) => {
      const meter = new OutputMeter();
      meter.addText("f");
      let text = role + opened;
      const edges: number[] = [];
      for (const at of picked) {
        const [event, size] = spoken[at] ?? ["", 0];
        edges.push(bytesOf(text).length);
        text += event;
        meter.addBytes(size);
      }
      const bytes = bytesOf(text + stop);
      // Without cuts of their own the pieces come event by event, as servers send them.
      const offsets = cuts?.map((cut) => Math.floor(cut * bytes.length)) ?? edges;
      expect(readAll(reader(), bytes, offsets).reader.outputTokens()).toBe(meter.tokens());
    }),
    { numRuns: 400 },
  );
});

test("a Messages stream's estimate counts text, thinking and the arguments of calls", () => {
  const event = (type: string, data: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const delta = (inner: object): string => event("content_block_delta", { index: 0, delta: inner });
  const bytes = bytesOf(
    event("message_start", { message: { id: "m", model: "m", usage: { input_tokens: 3 } } }) +
      event("content_block_start", { index: 0, content_block: { type: "thinking" } }) +
      delta({ type: "thinking_delta", thinking: "12345678" }) +
      event("content_block_stop", { index: 0 }) +
      event("content_block_start", {
        index: 1,
        content_block: { type: "tool_use", id: "c", name: "abcd", input: {} },
      }) +
      delta({ type: "input_json_delta", partial_json: '{"a":"bcdefg"}' }) +
      event("content_block_stop", { index: 1 }) +
      event("content_block_start", { index: 2, content_block: { type: "text", text: "" } }) +
      delta({ type: "text_delta", text: "12345678" }),
  );
  const read = adapterFor("anthropic").openStream(eventStream, chat({ stream: true }));
  expect(readAll(read, bytes).reader.outputTokens()).toBe(9);
});

test("a whole answer that stands for a stream is estimated by its message", () => {
  const read = adapterFor("openai").openStream(
    head({ "content-type": "application/json" }),
    chat({ stream: true }),
  );
  const message = { role: "assistant", content: "12345678" };
  const body = { id: "c", choices: [{ index: 0, message, finish_reason: "stop" }] };
  expect(readAll(read, bytesOf(JSON.stringify(body))).reader.outputTokens()).toBe(2);
});
