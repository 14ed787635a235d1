import { expect, test } from "vitest";
import { asked } from "./support.ts";

test("a history of calls is, in the words of chat completions, one message of the model and one per result", () => {
  const { body } = asked({
    instructions: "Be brief",
    input: [
      { role: "user", content: "Weather?" },
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "xyz" },
      { type: "function_call", call_id: "a", name: "f", arguments: "{}" },
      { type: "function_call", call_id: "b", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "a", output: "sun" },
      { type: "function_call_output", call_id: "b", output: "rain" },
    ],
    tools: [{ type: "function", name: "f", parameters: { type: "object" }, strict: true }],
    text: { format: { type: "json_schema", name: "s", schema: { type: "object" } } },
    max_output_tokens: 9,
    stream: true,
  });
  expect(body).toMatchObject({
    model: "m",
    messages: [
      { role: "system", content: "Be brief" },
      { role: "user", content: "Weather?" },
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "a", function: { name: "f", arguments: "{}" } },
          { id: "b", function: { name: "f", arguments: "{}" } },
        ],
      },
      { role: "tool", tool_call_id: "a", content: "sun" },
      { role: "tool", tool_call_id: "b", content: "rain" },
    ],
    tools: [{ type: "function", function: { name: "f", strict: true } }],
    response_format: { type: "json_schema", json_schema: { name: "s" } },
    max_completion_tokens: 9,
    stream: true,
  });
});
