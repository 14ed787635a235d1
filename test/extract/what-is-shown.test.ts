import { beforeAll, describe, expect, test } from "vitest";
import { keptState } from "../../src/extract/kept-state.ts";
import { countTools, mediaOf } from "../../src/extract/media.ts";
import { exactTokens } from "../../src/extract/token-facts.ts";
import { loadEncoder } from "../../src/meaning/token-count.ts";
import { atOnce, blocks, chatTurn, items, type Loose, parts, type Wire, wires } from "./wires.ts";

beforeAll(loadEncoder);

const image = { file_id: "file-1" };
const google = "https://generativelanguage.googleapis.com/v1beta/files/1";
const counted: readonly (readonly [string, Wire, Loose, Loose])[] = [
  [
    "an image by id",
    "responses",
    items({ role: "user", content: [{ type: "input_image", ...image }] }),
    { images: 1 },
  ],
  [
    "an image by id",
    "messages",
    {
      messages: [
        { role: "user", content: [{ type: "image", source: { type: "file", ...image } }] },
      ],
    },
    { images: 1 },
  ],
  [
    "an image in a result",
    "responses",
    items({
      type: "function_call_output",
      call_id: "c",
      output: [{ type: "input_image", ...image }],
    }),
    { images: 1 },
  ],
  [
    "a picture of a screen",
    "responses",
    items({
      type: "computer_call_output",
      call_id: "c",
      output: { type: "computer_screenshot", image_url: "data:image/png;base64,AAAA" },
    }),
    { images: 1 },
  ],
  [
    "a kept picture",
    "generate",
    parts("user", { fileData: { fileUri: google, mimeType: "image/png" } }),
    { images: 1 },
  ],
  [
    "kept sound",
    "generate",
    parts("user", { fileData: { fileUri: google, mimeType: "audio/mp3" } }),
    { audio: 1 },
  ],
  [
    "a kept file",
    "generate",
    parts("user", { fileData: { fileUri: google, mimeType: "application/pdf" } }),
    { files: 1 },
  ],
  [
    "a film by its address",
    "generate",
    parts("user", { fileData: { fileUri: "https://youtu.be/x" } }),
    { files: 1 },
  ],
  [
    "a file by its address",
    "responses",
    items({ role: "user", content: [{ type: "input_file", file_url: "https://x/y.pdf" }] }),
    { files: 1 },
  ],
  [
    "a file by its address",
    "messages",
    {
      messages: [
        {
          role: "user",
          content: [{ type: "document", source: { type: "url", url: "https://x/y.pdf" } }],
        },
      ],
    },
    { files: 1 },
  ],
  [
    "a file for code",
    "messages",
    { messages: [{ role: "user", content: [{ type: "container_upload", ...image }] }] },
    { files: 1 },
  ],
  [
    "a document with a picture in it",
    "messages",
    {
      messages: [
        {
          role: "user",
          content: [
            {
              type: "document",
              source: {
                type: "content",
                content: [
                  {
                    type: "image",
                    source: { type: "base64", media_type: "image/png", data: "AAAA" },
                  },
                ],
              },
            },
          ],
        },
      ],
    },
    { files: 1, images: 1 },
  ],
  [
    "a picture in a turn of the model",
    "generate",
    parts("model", {
      functionResponse: {
        name: "f",
        response: {},
        parts: [{ inlineData: { mimeType: "image/png", data: "AAAA" } }],
      },
    }),
    { images: 1 },
  ],
  ["a plain question", "messages", {}, {}],
];

describe("what is shown by reference", () => {
  test.each(counted)("%s on the wire of %s counts", async (_, wire, body, expected) => {
    const { images, audio, files } = mediaOf(wires[wire](body).body);
    expect({ images, audio, files }).toEqual({ images: 0, audio: 0, files: 0, ...expected });
    if ((expected["images"] ?? 0) === 0) return;
    expect(await exactTokens(wires[wire](body).body, atOnce)).toBeGreaterThan(765);
  });

  test("tools of the provider's and servers of tools count as tools", () => {
    const own = { type: "web_search_20250305", name: "web_search" };
    const servers = [{ type: "url", url: "https://x", name: "s" }];
    expect(countTools(wires.messages({ tools: [own], mcp_servers: servers }).body)).toBe(2);
    expect(countTools(wires.generate({ tools: [{ googleSearch: {} }] }).body)).toBe(1);
    expect(countTools(wires.chat({ functions: [{ name: "f" }, { name: "g" }] }).body)).toBe(2);
    expect(countTools(wires.chat({}).body)).toBe(0);
  });

  test("data of a kind that should be text weighs nothing", async () => {
    const odd = wires.chat({
      messages: [{ role: "user", content: [{ type: "file", file: { file_data: 5 } }] }],
    });
    expect(await exactTokens(odd.body, atOnce)).toBeGreaterThan(0);
  });
});

const kept: readonly (readonly [string, Wire, Loose, string | null])[] = [
  ["an earlier answer", "responses", { previous_response_id: "resp_1" }, "previous_response_id"],
  ["a conversation", "responses", { conversation: "conv_1" }, "conversation"],
  ["a prompt", "responses", { prompt: { id: "pmpt_1" } }, "prompt"],
  ["an item", "responses", items({ type: "item_reference", id: "i" }), "item_reference"],
  [
    "a file by id",
    "responses",
    items({ role: "user", content: [{ type: "input_file", ...image }] }),
    "file",
  ],
  [
    "a file by its address",
    "responses",
    items({ role: "user", content: [{ type: "input_file", file_url: "https://x/y.pdf" }] }),
    "file",
  ],
  [
    "a file by id",
    "chat",
    { messages: [{ role: "user", content: [{ type: "file", file: image }] }] },
    "file",
  ],
  ["an answer in sound", "chat", chatTurn({ audio: { id: "audio_1" } }), "audio"],
  [
    "a file by id",
    "messages",
    {
      messages: [
        { role: "user", content: [{ type: "document", source: { type: "file", ...image } }] },
      ],
    },
    "file",
  ],
  [
    "a file for code",
    "messages",
    { messages: [{ role: "user", content: [{ type: "container_upload", ...image }] }] },
    "file",
  ],
  ["cached contents", "generate", { cached_content: "cachedContents/1" }, "cachedContent"],
  [
    "a kept file",
    "generate",
    parts("user", { fileData: { fileUri: google, mimeType: "application/pdf" } }),
    "file",
  ],
  [
    "nothing but an image",
    "responses",
    items({ role: "user", content: [{ type: "input_image", ...image }] }),
    null,
  ],
  [
    "a file that is no text",
    "messages",
    {
      messages: [
        {
          role: "user",
          content: [
            {
              type: "document",
              source: { type: "base64", media_type: "application/pdf", data: "AAAA" },
            },
          ],
        },
      ],
    },
    "no text",
  ],
  [
    "a file that is no text",
    "chat",
    {
      messages: [
        {
          role: "user",
          content: [{ type: "file", file: { file_data: "data:application/pdf;base64,AAAA" } }],
        },
      ],
    },
    "no text",
  ],
  [
    "a file that is no text",
    "responses",
    items({
      role: "user",
      content: [{ type: "input_file", file_data: "data:application/zip;base64,AAAA" }],
    }),
    "no text",
  ],
  [
    "a film",
    "generate",
    parts("user", { inlineData: { mimeType: "video/mp4", data: "AAAA" } }),
    "no text",
  ],
  ...[
    { type: "web_search" },
    { type: "web_search_preview" },
    { type: "file_search", vector_store_ids: ["v"] },
    { type: "code_interpreter", container: { type: "auto" } },
    { type: "mcp", server_label: "s", server_url: "https://x" },
    { type: "image_generation" },
    { type: "shell", environment: { type: "container_auto" } },
    { type: "shell" },
  ].map((tool) => [`the tool ${tool.type}`, "responses", { tools: [tool] }, tool.type] as const),
  ...["web_search_20250305", "web_fetch_20250910", "code_execution_20250825"].map(
    (type) => [`the tool ${type}`, "messages", { tools: [{ type, name: "t" }] }, type] as const,
  ),
  [
    "a server of tools",
    "messages",
    { mcp_servers: [{ type: "url", url: "https://x", name: "s" }] },
    "mcp_servers",
  ],
  [
    "what a search found",
    "messages",
    blocks({
      type: "web_search_tool_result",
      tool_use_id: "s",
      content: [{ type: "web_search_result", url: "https://x", encrypted_content: "QUJD" }],
    }),
    "web_search_tool_result",
  ],
  ["a search", "chat", { web_search_options: {} }, "web_search_options"],
  ["a tool of the provider's", "chat", { tools: [{ type: "web_search" }] }, "web_search"],
  ["a search", "chat", { enable_search: true }, "enable_search"],
  ["a search", "chat", { search_parameters: { mode: "auto" } }, "search_parameters"],
  ...["googleSearch", "googleSearchRetrieval", "urlContext", "codeExecution", "googleMaps"].map(
    (name) => [`the tool ${name}`, "generate", { tools: [{ [name]: {} }] }, name] as const,
  ),
  ["the tool url_context", "generate", { tools: [{ url_context: {} }] }, "urlContext"],
  ["no tool of its own", "chat", { tools: [{ type: "function", function: { name: "f" } }] }, null],
  ["no tool of its own", "chat", { tools: [{ type: "custom", custom: { name: "f" } }] }, null],
  ["no search", "chat", { enable_search: false, plugins: [], web_search_options: null }, null],
  ["no tool of its own", "responses", { tools: [{ type: "function", name: "f" }] }, null],
  [
    "a tool among the client's",
    "responses",
    { tools: [{ type: "namespace", name: "n", tools: [{ type: "function" }, { type: "mcp" }] }] },
    "mcp",
  ],
  [
    "a namespace that holds none",
    "responses",
    { tools: [{ type: "namespace", name: "n", tools: "none" }] },
    "namespace",
  ],
  ...[
    { type: "local_shell" },
    { type: "shell", environment: { type: "local" } },
    { type: "apply_patch" },
    { type: "computer" },
    { type: "computer_use_preview", environment: "browser" },
    { type: "tool_search" },
    { type: "namespace", name: "n", tools: [{ type: "function" }, { type: "custom" }] },
  ].map(
    (tool) => [`the client's ${tool.type}, not`, "responses", { tools: [tool] }, null] as const,
  ),
  ...[
    "bash_20250124",
    "text_editor_20250728",
    "memory_20250818",
    "computer_20251124",
    "computer_toolset_20260801",
    "tool_search_tool_regex_20251119",
    "tool_search_tool_bm25_20251119",
  ].map(
    (type) =>
      [`the client's ${type}, not`, "messages", { tools: [{ type, name: "t" }] }, null] as const,
  ),
  [
    "the client's computer, not",
    "generate",
    { tools: [{ computerUse: { environment: "ENVIRONMENT_BROWSER" } }] },
    null,
  ],
  ["no tool of its own", "generate", { tools: [{ functionDeclarations: [{ name: "f" }] }] }, null],
  [
    "nothing but sound",
    "chat",
    {
      messages: [
        {
          role: "user",
          content: [{ type: "input_audio", input_audio: { data: "AAAA", format: "wav" } }],
        },
      ],
    },
    null,
  ],
  ["nothing", "chat", {}, null],
];

test.each(kept)(
  "%s that a provider keeps hides the size of a prompt of %s",
  (_, wire, body, what) => {
    const found = keptState(wires[wire](body).body);
    if (what === null) expect(found).toBeNull();
    else expect(found).toContain(what);
  },
);
