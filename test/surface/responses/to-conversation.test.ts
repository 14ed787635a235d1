import { describe, expect, test } from "vitest";
import type { Fields } from "../../../src/protocol/conversation.ts";
import { asked } from "./support.ts";

const read = (fields: Fields) => asked(fields).conversation();
const turnsOf = (input: unknown) => read({ input }).turns;
const mark = { mode: "explicit", ttl: "12h" };

describe("input becomes turns", () => {
  test("a string is what the user said, behind the instructions", () => {
    expect(read({ instructions: "Be brief" }).turns).toEqual([
      {
        role: "system",
        name: null,
        path: "instructions",
        parts: [{ kind: "text", text: "Be brief", path: "instructions" }],
      },
      {
        role: "user",
        name: null,
        path: "input",
        parts: [{ kind: "text", text: "Hi", path: "input" }],
      },
    ]);
  });

  test.each<[string, Fields, Fields]>([
    ["text", { type: "input_text", text: "a" }, { kind: "text", text: "a" }],
    [
      "text with a mark for the cache",
      { type: "input_text", text: "a", prompt_cache_breakpoint: mark },
      { kind: "text", text: "a", cache: { ttl: "12h" } },
    ],
    [
      "an image's address",
      { type: "input_image", image_url: "https://x/y.png", detail: "low" },
      { kind: "image", source: { kind: "url", url: "https://x/y.png" }, detail: "low" },
    ],
    [
      "an image's bytes",
      { type: "input_image", image_url: "data:image/JPG;base64,AA==" },
      {
        kind: "image",
        source: { kind: "data", mediaType: "image/jpeg", data: "AA==" },
        detail: null,
      },
    ],
    [
      "an image's id",
      { type: "input_image", file_id: "f" },
      { kind: "image", source: { kind: "id", id: "f", dialect: "responses" }, detail: null },
    ],
    [
      "a file's bytes",
      { type: "input_file", filename: "a.csv", file_data: "AA==" },
      {
        kind: "file",
        source: { kind: "data", mediaType: "text/csv", data: "AA==" },
        name: "a.csv",
        context: null,
        cites: false,
      },
    ],
    [
      "a file's bytes with their type",
      { type: "input_file", file_data: "data:application/pdf;base64,AA==" },
      {
        kind: "file",
        source: { kind: "data", mediaType: "application/pdf", data: "AA==" },
        name: null,
        context: null,
        cites: false,
      },
    ],
    [
      "a file's address",
      { type: "input_file", file_url: "https://x/y.pdf" },
      {
        kind: "file",
        source: { kind: "url", url: "https://x/y.pdf" },
        name: null,
        context: null,
        cites: false,
      },
    ],
    [
      "what is newer than this code",
      { type: "input_smell", scent: "rose" },
      {
        kind: "foreign",
        dialect: "responses",
        type: "input_smell",
        value: { type: "input_smell", scent: "rose" },
      },
    ],
  ])("a message's part: %s", (_name, part, expected) => {
    expect(turnsOf([{ role: "user", content: [part] }])).toEqual([
      {
        role: "user",
        name: null,
        path: "input[0]",
        parts: [{ ...expected, path: "input[0].content[0]" }],
      },
    ]);
  });

  test("what the model said, thought and called is one turn, and so are the results", () => {
    const [user, said, results, next] = turnsOf([
      { role: "user", content: "Weather?" },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [
          { type: "summary_text", text: "a" },
          { type: "summary_text", text: "b" },
        ],
        encrypted_content: "xyz",
      },
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", text: "I look", annotations: [{ type: "url_citation" }] },
          { type: "refusal", refusal: "no" },
        ],
      },
      { type: "function_call", id: "fc_1", call_id: "c1", name: "f", arguments: "{" },
      { type: "custom_tool_call", call_id: "c2", name: "g", input: "x = 1" },
      { type: "function_call_output", call_id: "c1", output: "sunny" },
      {
        type: "custom_tool_call_output",
        call_id: "c2",
        output: [{ type: "input_image", file_id: "f" }],
      },
      { role: "user", content: "Thanks" },
    ]);
    expect(user?.role).toBe("user");
    expect(said).toMatchObject({ role: "assistant", path: "input[1]" });
    expect(said?.parts).toEqual([
      {
        kind: "reasoning",
        path: "input[1]",
        reasoning: {
          text: "a\n\nb",
          summary: true,
          signature: null,
          encrypted: "xyz",
          id: "rs_1",
          model: null,
          dialect: "responses",
        },
      },
      {
        kind: "text",
        text: "I look",
        citations: [{ type: "url_citation" }],
        path: "input[2].content[0]",
      },
      { kind: "refusal", text: "no", path: "input[2].content[1]" },
      {
        kind: "call",
        id: "c1",
        name: "f",
        args: "{",
        custom: false,
        signature: null,
        path: "input[3]",
      },
      {
        kind: "call",
        id: "c2",
        name: "g",
        args: "x = 1",
        custom: true,
        signature: null,
        path: "input[4]",
      },
    ]);
    expect(results).toEqual({
      role: "user",
      name: null,
      path: "input[5]",
      parts: [
        {
          kind: "result",
          callId: "c1",
          isError: false,
          path: "input[5]",
          parts: [{ kind: "text", text: "sunny", path: "input[5].output" }],
        },
        {
          kind: "result",
          callId: "c2",
          isError: false,
          path: "input[6]",
          parts: [
            {
              kind: "image",
              source: { kind: "id", id: "f", dialect: "responses" },
              detail: null,
              path: "input[6].output[0]",
            },
          ],
        },
      ],
    });
    expect(next).toMatchObject({ role: "user", path: "input[7]" });
  });

  test("open thinking is no summary", () => {
    const item = {
      type: "reasoning",
      id: "rs_1",
      summary: [],
      content: [{ type: "reasoning_text", text: "hm" }],
    };
    expect(turnsOf([item])[0]?.parts[0]).toMatchObject({
      reasoning: { text: "hm", summary: false, encrypted: null },
    });
  });

  test("messages of the user and of the system stay apart", () => {
    const input = [
      { role: "user", content: "a" },
      { role: "user", content: "b" },
      { role: "developer", content: "c" },
      { role: "system", content: "d" },
    ];
    expect(turnsOf(input).map((turn) => turn.role)).toEqual([
      "user",
      "user",
      "developer",
      "system",
    ]);
  });

  test("items of the provider's own are turns of their own, and are not lost", () => {
    const search = { type: "web_search_call", id: "ws_1" };
    const output = { type: "shell_call_output", call_id: "s" };
    const turns = turnsOf([
      { role: "assistant", content: "a" },
      search,
      { role: "assistant", content: "b" },
      output,
    ]);
    expect(turns.map((turn) => [turn.role, turn.path])).toEqual([
      ["assistant", "input[0]"],
      ["assistant", "input[1]"],
      ["assistant", "input[2]"],
      ["user", "input[3]"],
    ]);
    expect(turns[1]?.parts).toEqual([
      {
        kind: "foreign",
        dialect: "responses",
        type: "web_search_call",
        value: search,
        path: "input[1]",
      },
    ]);
  });
});
