import type { Loose } from "./wires.ts";

/** Bodies with all that a wire has names for, so that something nobody knows can be put beside each of them. */
const image = "data:image/png;base64,AAAA";
const schema = { type: "object", properties: { q: { type: "string", description: "d" } } };
const cache = { type: "ephemeral", ttl: "5m" };
export const whole: Readonly<Record<"chat" | "messages" | "responses" | "generate", Loose>> = {
  chat: {
    messages: [
      { role: "system", content: [{ type: "text", text: "be kind", cache_control: cache }] },
      {
        role: "user",
        name: "ann",
        content: [
          { type: "text", text: "look" },
          { type: "image_url", image_url: { url: image, detail: "low" } },
          { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
          { type: "file", file: { file_id: "file-1" } },
        ],
      },
      {
        role: "assistant",
        content: null,
        audio: { id: "audio_1" },
        reasoning_content: "hm",
        reasoning_details: [{ type: "reasoning.text", text: "hm", signature: "c2ln" }],
        tool_calls: [
          { id: "c", type: "function", function: { name: "f", arguments: "{}" } },
          { id: "d", type: "custom", custom: { name: "g", input: "x" } },
        ],
      },
      { role: "tool", tool_call_id: "c", content: "ok" },
    ],
    tools: [
      { type: "function", function: { name: "f", parameters: schema }, cache_control: cache },
    ],
    tool_choice: { type: "function", function: { name: "f" } },
    response_format: { type: "json_schema", json_schema: { name: "s", schema } },
    prediction: { type: "content", content: "x" },
    stream_options: { include_usage: true },
    thinking: { type: "enabled", budget_tokens: 2000 },
    audio: { voice: "alloy", format: "wav" },
    chat_template_kwargs: { enable_thinking: false },
    cache_control: cache,
  },
  messages: {
    system: [{ type: "text", text: "be kind", cache_control: cache }],
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "look", cache_control: cache },
          { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
          { type: "image", source: { type: "file", file_id: "f" }, cache_control: cache },
          {
            type: "document",
            title: "t",
            source: { type: "text", media_type: "text/plain", data: "words" },
            citations: { enabled: false },
          },
          {
            type: "document",
            source: { type: "content", content: [{ type: "text", text: "words" }] },
          },
          { type: "container_upload", file_id: "f" },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "hm", signature: "c2ln" },
          { type: "redacted_thinking", data: "cmVk" },
          { type: "text", text: "so", citations: [{ type: "char_location", cited_text: "x" }] },
          { type: "tool_use", id: "t", name: "f", input: { q: "x" }, cache_control: cache },
        ],
      },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "t",
            content: [
              { type: "text", text: "ok", cache_control: cache },
              { type: "image", source: { type: "url", url: "https://a.b/c.png" } },
            ],
          },
        ],
      },
    ],
    tools: [
      { name: "f", description: "d", input_schema: schema, cache_control: cache },
      { type: "web_search_20250305", name: "web_search" },
    ],
    tool_choice: { type: "tool", name: "f" },
    thinking: { type: "enabled", budget_tokens: 2000 },
    output_config: { effort: "low", format: { type: "json_schema", schema } },
    mcp_servers: [{ type: "url", url: "https://x", name: "s" }],
    cache_control: cache,
  },
  responses: {
    instructions: "be kind",
    input: [
      { role: "user", content: "go" },
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "look", prompt_cache_breakpoint: { mode: "explicit" } },
          { type: "input_image", image_url: image, detail: "low" },
          { type: "input_file", file_id: "f" },
        ],
      },
      {
        type: "reasoning",
        id: "r",
        summary: [{ type: "summary_text", text: "hm" }],
        content: [{ type: "reasoning_text", text: "hm, hm" }],
        encrypted_content: "c2ln",
      },
      {
        type: "message",
        id: "m",
        role: "assistant",
        status: "completed",
        content: [
          {
            type: "output_text",
            text: "so",
            annotations: [{ type: "url_citation", title: "t", url: "https://x" }],
          },
          { type: "refusal", refusal: "no" },
        ],
      },
      { type: "function_call", id: "i", call_id: "c", name: "f", arguments: "{}" },
      { type: "custom_tool_call", call_id: "d", name: "g", input: "x" },
      { type: "function_call_output", call_id: "c", output: [{ type: "input_text", text: "ok" }] },
      { type: "custom_tool_call_output", call_id: "d", output: "ok" },
      { type: "web_search_call", id: "w", status: "completed", action: { type: "search" } },
    ],
    tools: [
      { type: "function", name: "f", parameters: schema, strict: true },
      { type: "custom", name: "g", format: { type: "text" } },
      { type: "web_search" },
    ],
    tool_choice: { type: "function", name: "f" },
    reasoning: { effort: "low", summary: "auto" },
    text: { format: { type: "json_schema", name: "s", schema }, verbosity: "low" },
    stream_options: { include_obfuscation: false },
  },
  generate: {
    systemInstruction: { role: "system", parts: [{ text: "be kind" }] },
    contents: [
      {
        role: "user",
        parts: [
          { text: "look" },
          { inlineData: { mimeType: "image/png", data: "AAAA" } },
          { inlineData: { mimeType: "audio/wav", data: "AAAA" } },
          { fileData: { fileUri: "https://a.b/c.png", mimeType: "image/png" } },
          { fileData: { fileUri: "https://a.b/c.pdf", mimeType: "application/pdf" } },
        ],
      },
      {
        role: "model",
        parts: [
          { text: "hm", thought: true },
          { text: "so", thoughtSignature: "c2ln" },
          { functionCall: { id: "c", name: "f", args: { q: "x" } } },
          { executableCode: { language: "PYTHON", code: "1" } },
        ],
      },
      {
        role: "user",
        parts: [
          {
            functionResponse: {
              id: "c",
              name: "f",
              response: { result: "ok" },
              parts: [{ inlineData: { mimeType: "image/png", data: "AAAA" } }],
            },
          },
        ],
      },
    ],
    tools: [
      { functionDeclarations: [{ name: "f", description: "d", parameters: schema }] },
      { googleSearch: {} },
    ],
    toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
    generationConfig: {
      responseMimeType: "application/json",
      responseSchema: schema,
      thinkingConfig: { thinkingBudget: 100 },
    },
    safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
  },
};
