import type { MessageCreateParams, MessageParam } from "@anthropic-ai/sdk/resources/messages";
import { expect, test } from "vitest";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, provider, target } from "../support.ts";

function sent(body: Partial<ChatBody>): unknown {
  const made = adapterFor("anthropic").prepare(chat(body), target(), provider("anthropic"), {});
  if (!made.ok) throw new Error(made.failure.message);
  return JSON.parse(String(made.request.body));
}

const parameters = { type: "object", properties: { city: { type: "string" } } } as const;
const tool = (name: string) => ({ type: "function", function: { name, parameters } });
const call = (id: string, args: string) => ({
  id,
  type: "function",
  function: { name: "weather", arguments: args },
});
const question: MessageParam = { role: "user", content: [{ type: "text", text: "Hi" }] };
const base = { model: "upstream-model", max_tokens: 8192, messages: [question] };
const asked = [{ role: "user", content: "Hi" }];
const declared = [{ name: "weather", input_schema: parameters }];

// The SDK's own types check what is expected here, and the adapter has to make exactly that.
const table: readonly (readonly [string, Partial<ChatBody>, MessageCreateParams])[] = [
  ["a question", { messages: asked }, { ...base, messages: [question] }],
  [
    "tools and every option",
    {
      messages: [{ role: "system", content: "Be brief." }, ...asked],
      tools: [tool("weather")],
      tool_choice: "required",
      parallel_tool_calls: false,
      stop: ["END"],
      user: "u1",
      reasoning_effort: "high",
      service_tier: "auto",
      stream: true,
      response_format: { type: "json_schema", json_schema: { name: "s", schema: parameters } },
    },
    {
      ...base,
      messages: [question],
      system: "Be brief.",
      tools: declared,
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      stop_sequences: ["END"],
      metadata: { user_id: "u1" },
      output_config: { effort: "high", format: { type: "json_schema", schema: parameters } },
      service_tier: "auto",
      stream: true,
    },
  ],
  ...(
    [
      ["auto", { type: "auto" }],
      ["none", { type: "none" }],
      [
        { type: "function", function: { name: "weather" } },
        { type: "tool", name: "weather" },
      ],
    ] as const
  ).map(([tool_choice, expected]): readonly [string, Partial<ChatBody>, MessageCreateParams] => [
    `the choice ${JSON.stringify(tool_choice)}`,
    { messages: asked, tools: [tool("weather")], tool_choice },
    { ...base, messages: [question], tools: declared, tool_choice: expected },
  ]),
  [
    "two calls at once, their results and a further question",
    {
      messages: [
        ...asked,
        {
          role: "assistant",
          content: "Looking.",
          tool_calls: [call("a", '{"city":"Bern"}'), call("b", "")],
        },
        { role: "tool", tool_call_id: "b", content: "rain" },
        { role: "tool", tool_call_id: "a", content: [{ type: "text", text: "sun" }] },
        { role: "user", content: "And now?" },
      ],
      tools: [tool("weather")],
    },
    {
      ...base,
      tools: declared,
      messages: [
        question,
        {
          role: "assistant",
          content: [
            { type: "text", text: "Looking." },
            { type: "tool_use", id: "a", name: "weather", input: { city: "Bern" } },
            { type: "tool_use", id: "b", name: "weather", input: {} },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "b", content: [{ type: "text", text: "rain" }] },
            { type: "tool_result", tool_use_id: "a", content: [{ type: "text", text: "sun" }] },
            { type: "text", text: "And now?" },
          ],
        },
      ],
    },
  ],
  [
    "pictures and documents",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "high" } },
            { type: "image_url", image_url: { url: "data:image/jpg;base64,AAAA" } },
            {
              type: "file",
              file: { filename: "a.pdf", file_data: "data:application/pdf;base64,BBBB" },
            },
            { type: "file", file: { file_data: "data:text/plain;base64,SGk=" } },
          ],
        },
      ],
    },
    {
      ...base,
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
            { type: "image", source: { type: "base64", media_type: "image/jpeg", data: "AAAA" } },
            {
              type: "document",
              source: { type: "base64", media_type: "application/pdf", data: "BBBB" },
              title: "a.pdf",
            },
            { type: "document", source: { type: "text", media_type: "text/plain", data: "Hi" } },
          ],
        },
      ],
    },
  ],
];

test.each(table)(
  "what is sent for %s is what the provider's own SDK would send",
  (_, body, expected) => {
    expect(sent(body)).toEqual(expected);
  },
);
