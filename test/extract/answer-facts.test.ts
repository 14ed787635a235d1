import { expect, test } from "vitest";
import { readAnswerFact } from "../../src/extract/answer-facts.ts";
import type { AnswerEvent } from "../../src/protocol/answer-event.ts";
import { collectAnswer } from "../../src/protocol/collect-answer.ts";

const text = (said: string, choice = 0): AnswerEvent => ({ kind: "text", choice, text: said });
const finish = (reason: string, choice = 0): AnswerEvent => ({
  ...{ kind: "finish", choice, reason, native: null, stopSequence: null },
});
const usage = { inputTokens: 1, cachedReadTokens: 0, cachedWriteTokens: 0, reasoningTokens: 0 };

const read = (name: string, events: readonly AnswerEvent[], schema?: object): unknown =>
  readAnswerFact(name, {
    answer: collectAnswer(events),
    body:
      schema === undefined
        ? {}
        : {
            response_format: {
              type: "json_schema",
              json_schema: { name: "s", schema: { ...schema } },
            },
          },
  });

const person = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer" } },
  required: ["name"],
  additionalProperties: false,
};

test.each<[string, object | undefined, boolean]>([
  ['{"a": 1}', undefined, true],
  ["12", undefined, true],
  ["", undefined, false],
  ["Here it is: {}", undefined, false],
  ["```json\n{}\n```", undefined, false],
  ['{"name": "Ada", "age": 36}', person, true],
  ['{"age": 36}', person, false],
  ['{"name": "Ada", "age": "36"}', person, false],
  ['{"name": "Ada", "more": 1}', person, false],
  ['{"name": "Ada"}', { type: "nonsense" }, false],
  ["[1]", { $ref: "https://elsewhere.example/schema" }, false],
  [`${"[".repeat(20_000)}${"]".repeat(20_000)}`, { items: { $ref: "#" } }, false],
])("whether %s is the JSON that was asked for by %j", (said, schema, valid) => {
  expect(read("valid_json", [text(said), finish("stop")], schema)).toBe(valid);
});

test("text in pieces is one document, and each of several answers has to be one", () => {
  expect(read("valid_json", [text('{"a"'), text(": 1}")])).toBe(true);
  expect(read("valid_json", [text("{}"), text("no", 1)])).toBe(false);
});

test("an answer of calls alone is neither JSON nor no JSON", () => {
  const call: AnswerEvent = {
    ...{ kind: "call_start", choice: 0, call: 0, id: "c", name: "f", custom: false },
  };
  expect(read("valid_json", [call])).toBeUndefined();
});

test("a pattern of a client's schema is never run: no text takes long", () => {
  const schema = {
    type: "object",
    properties: { pattern: { pattern: "^(a+)+$", type: "string" } },
  };
  expect(read("valid_json", [text(`{"pattern": "${"a".repeat(50)}!"}`)], schema)).toBe(true);
  expect(read("valid_json", [text('{"pattern": 1}')], schema)).toBe(false);
});

test.each<[string, boolean, boolean]>([
  ["stop", true, false],
  ["tool_calls", true, false],
  ["length", false, false],
  ["content_filter", false, true],
  ["pause_turn", false, false],
])("an answer that finishes by %s is complete: %j, a refusal: %j", (reason, complete, refusal) => {
  const events = [text("x"), finish(reason)];
  expect(read("complete", events)).toBe(complete);
  expect(read("refusal", events)).toBe(refusal);
});

test("a refusal in words is one, and an answer that never finished is not complete", () => {
  expect(read("refusal", [{ kind: "refusal", choice: 0, text: "no" }, finish("stop")])).toBe(true);
  expect(read("complete", [text("x"), finish("stop"), text("y", 1)])).toBe(false);
});

test("tokens and log probabilities are known where the provider tells them", () => {
  const counted: AnswerEvent = {
    ...{ kind: "usage", tier: null },
    usage: { ...usage, outputTokens: 7, estimated: false },
  };
  expect(read("tokens", [text("x"), counted])).toBe(7);
  expect(read("tokens", [text("x")])).toBeUndefined();
  const logprobs = [{ token: "a", logprob: -1 }, { token: "b", logprob: -3 }, { token: "c" }];
  expect(read("logprob", [{ kind: "text", choice: 0, text: "ab", logprobs }])).toBe(-2);
  expect(read("logprob", [text("ab")])).toBeUndefined();
});
