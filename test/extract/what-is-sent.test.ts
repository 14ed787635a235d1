import { beforeAll, describe, expect, test } from "vitest";
import { eachText, promptText } from "../../src/extract/body-facts.ts";
import { keptState } from "../../src/extract/kept-state.ts";
import { mediaOf } from "../../src/extract/media.ts";
import { boundTokens, exactTokens } from "../../src/extract/token-facts.ts";
import { loadEncoder } from "../../src/meaning/token-count.ts";
import type { ModelRequest } from "../../src/protocol/model-request.ts";
import { filesOfText, source } from "./files-of-text.ts";
import { atOnce, blocks, chatTurn, items, type Loose, parts, type Wire, wires } from "./wires.ts";

beforeAll(loadEncoder);

const said = "write to alice.smith@example.com today";
const long = `${said} `.repeat(40);

const call = { type: "custom_tool_call", call_id: "c", name: "n" };
const custom = (name: string, input: string) => ({
  tool_calls: [{ id: "c", type: "custom", custom: { name, input } }],
});

const places = (text: string): readonly (readonly [string, Wire, Loose])[] => [
  ["thinking of chat", "chat", chatTurn({ reasoning_content: text })],
  ["thinking of chat under its other name", "chat", chatTurn({ reasoning: text })],
  [
    "thinking in details",
    "chat",
    chatTurn({ reasoning_details: [{ type: "reasoning.text", text }] }),
  ],
  [
    "a summary in details",
    "chat",
    chatTurn({ reasoning_details: [{ type: "reasoning.summary", summary: text }] }),
  ],
  ["a custom call's input", "chat", chatTurn(custom("n", text))],
  ["a custom call's name", "chat", chatTurn(custom(text, "x"))],
  ["an old call", "chat", chatTurn({ function_call: { name: "f", arguments: text } })],
  ["a prediction", "chat", { prediction: { type: "content", content: text } }],
  [
    "a prediction in parts",
    "chat",
    { prediction: { type: "content", content: [{ type: "text", text }] } },
  ],
  [
    "a schema's description",
    "chat",
    {
      response_format: {
        type: "json_schema",
        json_schema: { name: "s", schema: { type: "object", description: text } },
      },
    },
  ],
  ["old functions", "chat", { functions: [{ name: "f", description: text }] }],
  ["documents for a template", "chat", { documents: [{ title: "t", text }] }],
  [
    "a file's name",
    "chat",
    {
      messages: [
        { role: "user", content: [{ type: "file", file: { file_id: "f", filename: text } }] },
      ],
    },
  ],
  [
    "a part of an unknown type",
    "chat",
    { messages: [{ role: "user", content: [{ type: "new", inner: { said: text } }] }] },
  ],
  [
    "a tool's description",
    "chat",
    { tools: [{ type: "function", function: { name: "f", description: text } }] },
  ],
  ["signed thinking", "messages", blocks({ type: "thinking", thinking: text, signature: "s" })],
  [
    "a call in a turn of the user",
    "generate",
    parts("user", { functionCall: { name: "f", args: { q: text } } }),
  ],
  [
    "a document's title",
    "messages",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "document", title: text, source: { type: "url", url: "https://x/y.pdf" } },
          ],
        },
      ],
    },
  ],
  [
    "a document's context",
    "messages",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "document", context: text, source: { type: "url", url: "https://x/y.pdf" } },
          ],
        },
      ],
    },
  ],
  [
    "a document in blocks",
    "messages",
    {
      messages: [
        {
          role: "user",
          content: [
            {
              type: "document",
              citations: { enabled: true },
              source: { type: "content", content: [{ type: "text", text }] },
            },
          ],
        },
      ],
    },
  ],
  [
    "the text that an answer cited",
    "messages",
    blocks({
      type: "text",
      text: "ok",
      citations: [{ type: "char_location", cited_text: text, document_index: 0 }],
    }),
  ],
  [
    "a search result",
    "messages",
    {
      messages: [
        {
          role: "user",
          content: [{ type: "search_result", source: "s", title: text, content: [] }],
        },
      ],
    },
  ],
  [
    "a call of a tool of the provider's",
    "messages",
    blocks({
      type: "mcp_tool_use",
      id: "t",
      name: "n",
      server_name: "s",
      input: { user_id: text },
    }),
  ],
  [
    "a name inside a call",
    "messages",
    blocks({ type: "mcp_tool_use", id: "t", name: "n", server_name: "s", input: { [text]: 1 } }),
  ],
  [
    "a description of a server of tools",
    "messages",
    { mcp_servers: [{ type: "url", url: "https://x", name: text }] },
  ],
  [
    "instructions for shortening",
    "messages",
    { context_management: { edits: [{ type: "compact", instructions: text }] } },
  ],
  [
    "a tool's own field",
    "messages",
    { tools: [{ name: "f", input_schema: { type: "object" }, input_examples: [{ q: text }] }] },
  ],
  [
    "a thought's summary",
    "responses",
    items({ type: "reasoning", id: "r", summary: [{ type: "summary_text", text }] }),
  ],
  [
    "a thought's summary beside the thought",
    "responses",
    items({
      type: "reasoning",
      id: "r",
      content: [{ type: "reasoning_text", text: "hm" }],
      summary: [{ type: "summary_text", text }],
    }),
  ],
  ["a custom call", "responses", items({ ...call, input: text })],
  [
    "variables of a kept prompt",
    "responses",
    { prompt: { id: "pmpt_1", variables: { doc: text } } },
  ],
  [
    "a call of the provider's",
    "responses",
    items({
      type: "mcp_call",
      id: "m",
      name: "n",
      server_label: "s",
      arguments: "{}",
      output: text,
    }),
  ],
  [
    "a note of an answer",
    "responses",
    items({
      type: "message",
      role: "assistant",
      content: [
        {
          type: "output_text",
          text: "ok",
          annotations: [{ type: "url_citation", title: text, url: "https://x" }],
        },
      ],
    }),
  ],
  [
    "a schema",
    "responses",
    { text: { format: { type: "json_schema", name: "s", schema: { description: text } } } },
  ],
  [
    "words beside a call",
    "generate",
    parts("model", { functionCall: { name: "f", args: {} }, text }),
  ],
  ["a thought of the user", "generate", parts("user", { text, thought: true })],
  ["a thought of the model", "generate", parts("model", { text, thought: true })],
  [
    "code that ran",
    "generate",
    parts("model", { executableCode: { language: "PYTHON", code: text } }),
  ],
  [
    "a setting of the wire",
    "generate",
    { toolConfig: { retrievalConfig: { languageCode: text } } },
  ],
  ["what stands behind a prompt", "completions", { suffix: text }],
  ...filesOfText(text),
];

const textsOf = ({ body }: Pick<ModelRequest, "body">): string => {
  const texts: string[] = [];
  eachText(body, (text) => texts.push(text));
  return texts.join("\n");
};

describe("what is sent and is text", () => {
  test.each(places(said))("%s is looked at", (_, wire, body) => {
    expect(textsOf(wires[wire](body))).toContain(said);
  });

  test.each(places(long).map((row, at) => [...row, places("x")[at]?.[2] ?? {}] as const))(
    "%s weighs once",
    async (_, wire, body, short) => {
      const weigh = async (given: Loose) => await exactTokens(wires[wire](given).body, atOnce);
      const alone = await exactTokens(
        { model: "m", messages: [{ role: "user", content: long }] },
        atOnce,
      );
      const heavier = (await weigh(body)) - (await weigh(short));
      expect(heavier / alone).toBeGreaterThan(0.95);
      expect(heavier / alone).toBeLessThan(1.05);
      const bounds = { low: 0, high: 0 };
      boundTokens(wires[wire](body).body, bounds);
      const exact = await weigh(body);
      expect(bounds.low).toBeLessThanOrEqual(exact);
      expect(bounds.high).toBeGreaterThanOrEqual(exact);
    },
  );

  test.each(filesOfText(said).map(([what, wire, body]) => [what, wire, body] as const))(
    "%s on the wire of %s is a file whose size is known",
    (_, wire, body) => {
      const request = wires[wire](body).body;
      expect(keptState(request)).toBeNull();
      expect(mediaOf(request)).toMatchObject({ data: 0 });
    },
  );

  test("the text of a file is read with the prompt, and one that is no base64 is seen as it is", () => {
    const prompts = filesOfText(said).map(([, wire, body]) => promptText(wires[wire](body).body));
    expect(prompts.filter((prompt) => prompt.includes(said))).toHaveLength(10);
    const raw = { messages: [{ role: "user", content: [source("text/plain", said)] }] };
    expect(textsOf(wires.messages(raw))).toContain(said);
  });

  const shown = (part: Loose) => ({ messages: [{ role: "user", content: [part] }] });
  const prose = `${said} and so on`.repeat(9);
  test.each([
    ["an address that is none", shown({ type: "image_url", image_url: { url: prose } }), true],
    [
      "a picture that is none",
      shown({ type: "image_url", image_url: { url: `data:image/png;base64,${prose}` } }),
      true,
    ],
    [
      "words without any sign",
      shown({
        type: "input_audio",
        input_audio: { data: `card ${"4111 ".repeat(4)}`, format: "wav" },
      }),
      true,
    ],
    [
      "an address that only looks like one",
      shown({ type: "image_url", image_url: { url: "mail:alice.smith@example.com" } }),
      true,
    ],
    [
      "sound that is none",
      shown({ type: "input_audio", input_audio: { data: prose, format: "wav" } }),
      true,
    ],
    [
      "a kind of sound",
      shown({ type: "input_audio", input_audio: { data: "", format: prose } }),
      true,
    ],
    [
      "a picture",
      shown({
        type: "image_url",
        image_url: { url: `data:image/png;base64,${"iVBOR/8A".repeat(99)}` },
      }),
      false,
    ],
    [
      "the address of a picture",
      shown({
        type: "image_url",
        image_url: { url: `https://x.example/y.png?q=${"a".repeat(400)}`, detail: "low" },
      }),
      false,
    ],
    [
      "sound",
      shown({
        type: "input_audio",
        input_audio: { data: "UklGRv8AAAB/".repeat(99), format: "wav" },
      }),
      false,
    ],
  ] as const)("what stands in place of a picture or of sound: %s", (_, body, isSeen) => {
    const texts = textsOf(wires.chat(body));
    if (isSeen) expect(texts).toMatch(/alice\.smith@example\.com|4111 4111/);
    else expect(texts).toBe("");
  });

  test("thinking that stands in two shapes weighs once, and signatures and bytes nothing as words", async () => {
    const proof = "QUJD".repeat(500);
    const turn = chatTurn({
      reasoning_content: `${long}\n\n${said}`,
      reasoning_details: [
        { type: "reasoning.text", text: long, signature: proof },
        { type: "reasoning.text", text: said, signature: proof },
        { type: "reasoning.encrypted", data: proof },
      ],
    });
    const once = chatTurn({ reasoning_content: `${long}\n\n${said}` });
    const [both, one] = await Promise.all(
      [turn, once].map(async (body) => await exactTokens(wires.chat(body).body, atOnce)),
    );
    expect((both ?? 0) - (one ?? 0)).toBeLessThan(20);
    expect(textsOf(wires.chat(turn))).not.toContain(proof);
  });
});
