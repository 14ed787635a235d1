import { expect, test } from "vitest";
import { type Ending, type Expected, endingOf } from "../../../src/bench/soak/ending.ts";
import { piecesOf, promptOf, wantedOf } from "../../../src/bench/soak/said.ts";

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const done = "data: [DONE]\n\n";
const chatError = '{"error":{"message":"gone","type":"server_error","code":"x"}}';
const event = (type: string, rest: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const text = (said: string): string =>
  event("content_block_delta", { delta: { type: "text_delta", text: said } });
const messagesError = '{"type":"error","error":{"type":"api_error","message":"gone"}}';
const stop = event("message_stop");
const failed = `event: error\ndata: ${messagesError}\n\n`;
const completion = (content: string): string =>
  JSON.stringify({ choices: [{ message: { role: "assistant", content } }] });
const message = (said: string): string =>
  JSON.stringify({ content: [{ type: "text", text: said }] });

const expected = (fields: Partial<Expected>): Expected => ({
  ...{ wire: "chat", streamed: true, said: "one two", refusal: null },
  ...fields,
});

test.each<[string, number, string, Partial<Expected>, Ending]>([
  ["a whole stream", 200, chunk("one ") + chunk("two") + done, {}, "whole"],
  ["a stream that lacks a word", 200, chunk("one ") + done, {}, "unclassified"],
  ["a stream without its end", 200, chunk("one ") + chunk("two"), {}, "unclassified"],
  ["a stream with two ends", 200, chunk("one two") + done + done, {}, "unclassified"],
  [
    "a stream whose error is told",
    200,
    `${chunk("one ")}data: ${chatError}\n\n`,
    {},
    "error event",
  ],
  ["an error before the end", 200, `data: ${chatError}\n\n${done}`, {}, "unclassified"],
  ["a stream cut inside an event", 200, chunk("one ").slice(0, -3), {}, "unclassified"],
  ["a whole answer", 200, completion("one two"), { streamed: false }, "whole"],
  ["an answer to another", 200, completion("three"), { streamed: false }, "unclassified"],
  ["half an answer", 200, completion("one two").slice(0, 20), { streamed: false }, "unclassified"],
  ["an error that is told", 503, chatError, {}, "http error"],
  ["an error without words", 503, "", {}, "unclassified"],
  ["a status that nobody expects", 418, chatError, {}, "unclassified"],
  ["a refusal", 413, chatError, { refusal: 413 }, "refused"],
  ["a gateway with too much to do", 503, chatError, { refusal: 413 }, "http error"],
  ["service where a refusal is due", 200, completion("one two"), { refusal: 413 }, "unclassified"],
  ["whole messages", 200, text("one two") + stop, { wire: "messages" }, "whole"],
  ["messages without their end", 200, text("one two"), { wire: "messages" }, "unclassified"],
  ["messages whose error is told", 200, text("one") + failed, { wire: "messages" }, "error event"],
  ["a whole message", 200, message("one two"), { wire: "messages", streamed: false }, "whole"],
  ["an error of the other wire", 503, chatError, { wire: "messages" }, "unclassified"],
  ["an error of messages", 503, messagesError, { wire: "messages" }, "http error"],
])("%s is classified", (...[, status, said, fields, ending]) => {
  expect(endingOf({ status, text: said }, expected(fields))).toBe(ending);
});

test("what a prompt wants is read back from it, whatever stands around it", () => {
  const wanted = { seed: 17, words: 3, json: true };
  expect(wantedOf(`[{"content":"${promptOf(wanted)} so it goes"}]`)).toEqual(wanted);
  expect(JSON.parse(piecesOf(wanted).join(""))).toEqual({ said: "17.0 17.1 17.2 end" });
  expect(wantedOf("hello")).toBeNull();
});
