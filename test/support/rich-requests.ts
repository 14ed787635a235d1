import type { ServerSettings } from "../../src/configuration/configuration.ts";
import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import { surfaceAt } from "../../src/gateway/surfaces.ts";
import type { ModelRequest } from "../../src/protocol/model-request.ts";

const limits: ServerSettings = defaultConfiguration().server;

/** What the surface at a path makes of a body; null where it refuses it. */
export function readRequest(path: string, body: unknown, headers = {}): ModelRequest | null {
  const made = surfaceAt(path, "")?.read(Buffer.from(JSON.stringify(body)), limits, headers);
  return made?.ok === true ? made.request : null;
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const schema = { type: "object", properties: { path: { type: "string" } }, required: ["path"] };

/** A rich body of each API, and what of it says only how the answer is delivered, or by which name the model goes. */
export const richRequests: readonly (readonly [
  path: string,
  body: Json,
  delivery: readonly string[],
])[] = [
  [
    "/v1/chat/completions",
    {
      ...{ model: "m", stream: true, stream_options: { include_usage: true } },
      messages: [
        { role: "system", content: "be kind", name: "house" },
        {
          role: "user",
          content: [
            { type: "text", text: "look", cache_control: { type: "ephemeral", ttl: "5m" } },
            { type: "image_url", image_url: { url: "https://x.example/a.png", detail: "low" } },
            { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
            { type: "file", file: { file_id: "file-1", filename: "a.pdf" } },
          ],
        },
        {
          role: "assistant",
          content: null,
          reasoning_details: [
            {
              type: "reasoning.text",
              id: "r1",
              text: "hm",
              signature: "sig",
              data: "d",
              model: "m",
            },
          ],
          tool_calls: [
            { id: "t1", type: "function", function: { name: "f", arguments: '{"path":1}' } },
            { id: "t2", type: "custom", custom: { name: "c", input: "in" } },
          ],
        },
        { role: "tool", tool_call_id: "t1", content: "one" },
        { role: "tool", tool_call_id: "t2", content: [{ type: "text", text: "two" }] },
        { role: "assistant", content: "so", refusal: "no" },
      ],
      tools: [
        {
          type: "function",
          function: { name: "f", description: "d", parameters: schema, strict: true },
        },
        { type: "custom", custom: { name: "c", description: "d", format: { type: "text" } } },
      ],
      tool_choice: { type: "function", function: { name: "f" } },
      response_format: {
        type: "json_schema",
        json_schema: { name: "s", description: "d", schema, strict: true },
      },
      prediction: { type: "content", content: [{ type: "text", text: "guess" }] },
      logit_bias: { "50256": -100 },
      metadata: { order: "7" },
      ...{ temperature: 0.5, top_p: 0.9, top_k: 40, min_p: 0.1, presence_penalty: 0.1 },
      ...{ frequency_penalty: 0.2, seed: 7, logprobs: true, top_logprobs: 2, n: 2 },
      ...{ max_completion_tokens: 100, stop: ["END"], user: "u", service_tier: "auto" },
      ...{ reasoning_effort: "low", verbosity: "low", parallel_tool_calls: false },
      ...{ prompt_cache_key: "k", web_search_options: { user_location: { type: "approximate" } } },
    },
    ["model", "stream", "stream_options"],
  ],
  [
    "/v1/messages",
    {
      ...{ model: "m", max_tokens: 100, stream: true, temperature: 0.5, top_p: 0.9, top_k: 4 },
      system: [{ type: "text", text: "be kind", cache_control: { type: "ephemeral", ttl: "1h" } }],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image", source: { type: "url", url: "https://x.example/a.png" } },
            {
              type: "document",
              source: { type: "text", media_type: "text/plain", data: "words" },
              ...{ title: "t", context: "c", citations: { enabled: true } },
            },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: "sig" },
            { type: "tool_use", id: "t1", name: "f", input: { path: "1" } },
          ],
        },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "t1", content: "one", is_error: true }],
        },
      ],
      tools: [{ name: "f", description: "d", input_schema: schema }],
      tool_choice: { type: "tool", name: "f", disable_parallel_tool_use: true },
      thinking: { type: "enabled", budget_tokens: 2048 },
      stop_sequences: ["END"],
      metadata: { user_id: "u" },
      service_tier: "auto",
    },
    ["model", "stream"],
  ],
  [
    "/v1/responses",
    {
      ...{ model: "m", instructions: "be kind", stream: true, temperature: 0.5, top_p: 0.9 },
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text: "look" },
            { type: "input_image", image_url: "https://x.example/a.png", detail: "low" },
          ],
        },
        { type: "function_call", call_id: "t1", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "t1", output: "one" },
      ],
      tools: [{ type: "function", name: "f", description: "d", parameters: schema, strict: true }],
      tool_choice: { type: "function", name: "f" },
      text: { format: { type: "json_schema", name: "s", schema, strict: true }, verbosity: "low" },
      reasoning: { effort: "low", summary: "auto" },
      ...{ max_output_tokens: 100, parallel_tool_calls: false, user: "u", truncation: "auto" },
      ...{ metadata: { order: "7" }, prompt_cache_key: "k", service_tier: "auto", store: false },
    },
    ["model", "stream"],
  ],
  [
    "/v1beta/models/m:generateContent",
    {
      systemInstruction: { parts: [{ text: "be kind" }] },
      contents: [
        {
          role: "user",
          parts: [
            { text: "look" },
            { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } },
          ],
        },
        { role: "model", parts: [{ functionCall: { name: "f", args: { path: "1" } } }] },
        { role: "user", parts: [{ functionResponse: { name: "f", response: { one: 1 } } }] },
      ],
      tools: [{ functionDeclarations: [{ name: "f", description: "d", parameters: schema }] }],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
      generationConfig: {
        ...{ temperature: 0.5, topP: 0.9, topK: 4, maxOutputTokens: 100, stopSequences: ["END"] },
        ...{ seed: 7, thinkingConfig: { thinkingBudget: 100 } },
      },
      safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
    },
    [],
  ],
];
