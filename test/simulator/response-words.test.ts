import { expect, test } from "vitest";
import { wordsOfResponse } from "../../src/simulator/response-words.ts";

const said = (content: unknown): object => ({ role: "assistant", content });
const call = { function: { name: "find", arguments: '{"id":1}' } };

test.each([
  ["a text", "Yes.", "Yes."],
  ["a text that holds JSON's own marks", "{not JSON", "{not JSON"],
  ["chat completions", { choices: [{ message: said("Yes.") }] }, "Yes."],
  ["the same as text", JSON.stringify({ choices: [{ message: said("Yes.") }] }), "Yes."],
  ["two choices", { choices: [{ message: said("Yes.") }, { message: said("No.") }] }, "Yes.\nNo."],
  ["completions", { choices: [{ text: "Yes." }] }, "Yes."],
  ["calls", { choices: [{ message: { content: null, tool_calls: [call] } }] }, 'find {"id":1}'],
  [
    "Messages",
    said([
      { type: "thinking", text: "Hm." },
      { type: "text", text: "Yes." },
      { type: "tool_use", name: "find", input: { id: 1 } },
    ]),
    'Yes.\nfind {"id":1}',
  ],
  [
    "Responses",
    {
      output: [
        { type: "reasoning", content: [{ text: "Hm." }] },
        { type: "message", content: [{ type: "output_text", text: "Yes." }] },
        { type: "function_call", name: "find", arguments: '{"id":1}' },
      ],
    },
    'Yes.\nfind {"id":1}',
  ],
  [
    "a line of OpenAI's batches",
    { status_code: 200, body: { choices: [{ message: said("Yes.") }] } },
    "Yes.",
  ],
  ["a message", said("Yes."), "Yes."],
  ["a list of messages", [said("Yes.")], "Yes."],
  ["what LiteLLM was told not to keep", { text: "redacted-by-litellm" }, null],
  ["a stream as it was sent", 'data: {"choices":[{"delta":{"content":"Yes."}}]}', null],
  ["nothing", { id: "chatcmpl-1" }, null],
  ["blanks", " ", null],
  ["a number", 7, null],
])("words of %s are told", (_name, response, words) => {
  expect(wordsOfResponse(response)).toBe(words);
});

test("what is nested beyond any answer is passed over", () => {
  let response: unknown = "deep";
  for (let depth = 0; depth < 50_000; depth += 1) response = { message: response };
  expect(wordsOfResponse(response)).toBe(null);
});

test("of a very long answer the beginning is compared", () => {
  expect(wordsOfResponse("a".repeat(1e6))?.length).toBe(20_000);
});
