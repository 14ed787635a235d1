import { describe, expect, test } from "vitest";
import type { Part } from "../../../../src/protocol/conversation.ts";
import { asked } from "../../../surface/responses/support.ts";
import { foreign, inputOf, least, prepare, text, turn } from "./preparing.ts";

describe("turns become items", () => {
  test("nothing said asks for nothing but the answer, and stores nothing", () => {
    expect(prepare({})).toEqual({ body: least, failure: null });
  });

  test.each<[string, Part, object]>([
    [
      "an image's address",
      { kind: "image", source: { kind: "url", url: "u" }, detail: null, path: "p" },
      { type: "input_image", detail: "auto", image_url: "u" },
    ],
    [
      "an image's bytes",
      {
        kind: "image",
        source: { kind: "data", mediaType: "image/png", data: "AA==" },
        detail: "low",
        path: "p",
      },
      { type: "input_image", detail: "low", image_url: "data:image/png;base64,AA==" },
    ],
    [
      "an image's id",
      { kind: "image", source: { kind: "id", id: "f" }, detail: null, path: "p" },
      { type: "input_image", detail: "auto", file_id: "f" },
    ],
    [
      "a file's bytes",
      {
        kind: "file",
        source: { kind: "data", mediaType: "application/pdf", data: "AA==" },
        name: null,
        context: null,
        cites: false,
        path: "p",
      },
      { type: "input_file", filename: "file.pdf", file_data: "data:application/pdf;base64,AA==" },
    ],
    [
      "a file's address",
      {
        kind: "file",
        source: { kind: "url", url: "u" },
        name: null,
        context: null,
        cites: false,
        path: "p",
      },
      { type: "input_file", file_url: "u" },
    ],
    [
      "a file's id",
      {
        kind: "file",
        source: { kind: "id", id: "f" },
        name: "n",
        context: null,
        cites: false,
        path: "p",
      },
      { type: "input_file", file_id: "f" },
    ],
    [
      "a file's text",
      {
        kind: "file",
        source: { kind: "text", text: "t" },
        name: "n",
        context: null,
        cites: false,
        path: "p",
      },
      { type: "input_text", text: "n\n\nt" },
    ],
    [
      "a mark for the cache that this API knows",
      { kind: "text", text: "a", cache: { ttl: "12h" }, path: "p" },
      { type: "input_text", text: "a", prompt_cache_breakpoint: { mode: "explicit", ttl: "12h" } },
    ],
    [
      "a mark of another API",
      { kind: "text", text: "a", cache: { ttl: "5m" }, path: "p" },
      { type: "input_text", text: "a" },
    ],
    ["a part of this wire", foreign("responses", "turn.content[0]"), { type: "odd" }],
  ])("%s", (_name, part, expected) => {
    expect(inputOf(turn("user", part))).toEqual([
      { type: "message", role: "user", content: [expected] },
    ]);
  });

  test("what a file is told with stands before it", () => {
    const part: Part = {
      kind: "file",
      source: { kind: "id", id: "f" },
      name: null,
      context: "c",
      cites: false,
      path: "p",
    };
    expect(inputOf(turn("user", part))).toMatchObject([
      { content: [{ type: "input_text", text: "c" }, { file_id: "f" }] },
    ]);
  });

  test("an answer is cut where it calls, and results are items", () => {
    const call = { kind: "call", name: "f", signature: null, path: "p" } as const;
    const items = inputOf(
      turn("system", text("Be brief")),
      turn(
        "assistant",
        text("I look"),
        { kind: "refusal", text: "no", path: "p" },
        { ...call, id: "c1", args: "", custom: false },
        text("and"),
        { ...call, id: "c2", args: "x", custom: true },
      ),
      turn(
        "user",
        {
          kind: "result",
          callId: "c1",
          parts: [
            { kind: "text", text: "a", path: "p" },
            { kind: "text", text: "b", path: "p" },
          ],
          isError: false,
          path: "p",
        },
        {
          kind: "result",
          callId: "c2",
          parts: [{ kind: "image", source: { kind: "id", id: "f" }, detail: null, path: "p" }],
          isError: false,
          path: "p",
        },
        text("Go on"),
      ),
    );
    expect(items).toEqual([
      { type: "message", role: "system", content: [{ type: "input_text", text: "Be brief" }] },
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", text: "I look" },
          { type: "refusal", refusal: "no" },
        ],
      },
      { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "and" }] },
      { type: "custom_tool_call", call_id: "c2", name: "f", input: "x" },
      { type: "function_call_output", call_id: "c1", output: "ab" },
      {
        type: "custom_tool_call_output",
        call_id: "c2",
        output: [{ type: "input_image", detail: "auto", file_id: "f" }],
      },
      { type: "message", role: "user", content: [{ type: "input_text", text: "Go on" }] },
    ]);
  });

  test("ids of calls that are too long are the same in call and result", () => {
    const id = "toolu_".padEnd(80, "x");
    const items = inputOf(
      turn("assistant", {
        kind: "call",
        id,
        name: "f",
        args: "{}",
        custom: false,
        signature: null,
        path: "p",
      }),
      turn("user", { kind: "result", callId: id, parts: [], isError: false, path: "p" }),
    ) as { call_id: string }[];
    expect(items[0]?.call_id).toMatch(/^call_[0-9a-f]{16}$/);
    expect(items[1]?.call_id).toBe(items[0]?.call_id);
  });

  const thought = {
    text: "hm",
    summary: true,
    signature: null,
    encrypted: "xyz",
    id: "rs_1",
    model: null,
  };
  test.each([
    ["its maker's", thought, true],
    ["open", { ...thought, summary: false }, true],
    ["of a dated version of the model", { ...thought, model: "gpt-x-2026-03-05" }, true],
    ["of another model", { ...thought, model: "claude" }, false],
    ["of a smaller one of its name", { ...thought, model: "gpt-x-mini" }, false],
    ["of a maker of another wire", { ...thought, dialect: "messages" as const }, false],
    ["signed by another maker", { ...thought, signature: "sig" }, false],
    ["encrypted by nobody known", { ...thought, id: null }, false],
    ["not encrypted", { ...thought, encrypted: null }, false],
  ])("thinking that is %s goes back: %3$s", (_name, reasoning, goes) => {
    const { body } = prepare({
      turns: [turn("assistant", { kind: "reasoning", reasoning, path: "p" })],
    });
    const parts = reasoning.summary
      ? { summary: [{ type: "summary_text", text: "hm" }] }
      : { summary: [], content: [{ type: "reasoning_text", text: "hm" }] };
    expect(body["input"]).toEqual(
      goes ? [{ type: "reasoning", id: "rs_1", encrypted_content: "xyz", ...parts }] : [],
    );
    if (goes) expect(body["include"]).toEqual(["reasoning.encrypted_content"]);
  });

  test("items of this wire come back as they came", () => {
    const input = [
      { type: "message", role: "user", content: [{ type: "input_text", text: "a" }] },
      { type: "web_search_call", id: "ws_1", status: "completed" },
      { type: "function_call", call_id: "c", name: "f", arguments: "{" },
      { type: "function_call_output", call_id: "c", output: "ok" },
    ];
    const { turns } = asked({ input }).conversation();
    expect(prepare({ turns }).body["input"]).toEqual(input);
  });
});
