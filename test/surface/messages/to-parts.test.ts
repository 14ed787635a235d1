import { describe, expect, test } from "vitest";
import type { Fields } from "../../../src/protocol/conversation.ts";
import { least, requestOf } from "./support.ts";

const conversationOf = (body: Fields) => requestOf({ ...least, ...body }).conversation();
const partsOf = (role: string, ...content: Fields[]) =>
  conversationOf({ messages: [{ role, content }] }).turns[0]?.parts;
const path = "messages[0].content[0]";
const short = { type: "ephemeral" };
const long = { type: "ephemeral", ttl: "1h" };

describe("a block becomes a part", () => {
  const pdf = { type: "base64", media_type: "application/pdf", data: "JVBE" };
  test.each<[string, string, Fields, Fields]>([
    ["text", "user", { type: "text", text: "a" }, { kind: "text", path, text: "a" }],
    [
      "text with a cache mark",
      "user",
      { type: "text", text: "a", cache_control: short },
      { kind: "text", path, text: "a", cache: { ttl: null } },
    ],
    [
      "text with citations",
      "assistant",
      { type: "text", text: "a", citations: [{ type: "page_location" }] },
      { kind: "text", path, text: "a", citations: [{ type: "page_location" }] },
    ],
    [
      "an inline image",
      "user",
      { type: "image", source: { type: "base64", media_type: "IMAGE/PNG", data: "AA" } },
      {
        kind: "image",
        path,
        detail: null,
        source: { kind: "data", mediaType: "image/png", data: "AA" },
      },
    ],
    [
      "an image by URL, with fields of its own",
      "user",
      { type: "image", source: { type: "url", url: "https://a/b" }, transformations: { x: 1 } },
      {
        kind: "image",
        path,
        detail: null,
        source: { kind: "url", url: "https://a/b" },
        foreign: { transformations: { x: 1 } },
      },
    ],
    [
      "an image left with the provider",
      "user",
      { type: "image", source: { type: "file", file_id: "file_1" } },
      {
        kind: "image",
        path,
        detail: null,
        source: { kind: "id", id: "file_1", dialect: "messages" },
      },
    ],
    [
      "a PDF with all about it",
      "user",
      {
        type: "document",
        source: pdf,
        title: "T",
        context: "C",
        citations: { enabled: true },
        cache_control: long,
      },
      {
        kind: "file",
        path,
        source: { kind: "data", mediaType: "application/pdf", data: "JVBE" },
        name: "T",
        context: "C",
        cites: true,
        cache: { ttl: "1h" },
      },
    ],
    [
      "a document by URL",
      "user",
      { type: "document", source: { type: "url", url: "https://a/b" } },
      {
        kind: "file",
        path,
        source: { kind: "url", url: "https://a/b" },
        name: null,
        context: null,
        cites: false,
      },
    ],
    [
      "a plain text",
      "user",
      { type: "document", source: { type: "text", media_type: "text/plain", data: "words" } },
      {
        kind: "file",
        path,
        source: { kind: "text", text: "words" },
        name: null,
        context: null,
        cites: false,
      },
    ],
    [
      "a document in blocks of text",
      "user",
      {
        type: "document",
        source: {
          type: "content",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
        },
      },
      {
        kind: "file",
        path,
        source: { kind: "text", text: "a\n\nb" },
        name: null,
        context: null,
        cites: false,
      },
    ],
    [
      "a document that is cited block by block",
      "user",
      { type: "document", source: { type: "content", content: "a" }, citations: { enabled: true } },
      {
        kind: "foreign",
        path,
        dialect: "messages",
        type: "document",
        value: {
          type: "document",
          source: { type: "content", content: "a" },
          citations: { enabled: true },
        },
      },
    ],
    [
      "a call",
      "assistant",
      {
        type: "tool_use",
        id: "toolu_1",
        name: "f",
        input: { a: [1] },
        caller: { type: "direct" },
        toolset_name: null,
      },
      {
        kind: "call",
        path,
        id: "toolu_1",
        name: "f",
        args: '{"a":[1]}',
        custom: false,
        signature: null,
        foreign: { caller: { type: "direct" } },
      },
    ],
    [
      "a result in a string",
      "user",
      { type: "tool_result", tool_use_id: "toolu_1", content: "4", is_error: true },
      {
        kind: "result",
        path,
        callId: "toolu_1",
        isError: true,
        parts: [{ kind: "text", path: `${path}.content`, text: "4" }],
      },
    ],
    [
      "a result in blocks",
      "user",
      {
        type: "tool_result",
        tool_use_id: "toolu_1",
        cache_control: short,
        content: [
          { type: "text", text: "a" },
          { type: "image", source: { type: "url", url: "https://a/b" } },
          { type: "tool_reference", tool_name: "f" },
        ],
      },
      {
        kind: "result",
        path,
        callId: "toolu_1",
        isError: false,
        cache: { ttl: null },
        parts: [
          { kind: "text", path: `${path}.content[0]`, text: "a" },
          {
            kind: "image",
            path: `${path}.content[1]`,
            detail: null,
            source: { kind: "url", url: "https://a/b" },
          },
          {
            kind: "foreign",
            path: `${path}.content[2]`,
            dialect: "messages",
            type: "tool_reference",
            value: { type: "tool_reference", tool_name: "f" },
          },
        ],
      },
    ],
    [
      "a result without content",
      "user",
      { type: "tool_result", tool_use_id: "toolu_1" },
      { kind: "result", path, callId: "toolu_1", isError: false, parts: [] },
    ],
    [
      "signed thinking",
      "assistant",
      { type: "thinking", thinking: "hm", signature: "sig" },
      {
        kind: "reasoning",
        path,
        reasoning: {
          text: "hm",
          summary: false,
          signature: "sig",
          encrypted: null,
          id: null,
          model: null,
          dialect: "messages",
        },
      },
    ],
    [
      "hidden thinking",
      "assistant",
      { type: "redacted_thinking", data: "xyz" },
      {
        kind: "reasoning",
        path,
        reasoning: {
          text: "",
          summary: false,
          signature: null,
          encrypted: "xyz",
          id: null,
          model: null,
          dialect: "messages",
        },
      },
    ],
    [
      "a server's own call",
      "assistant",
      { type: "server_tool_use", id: "s", name: "web_search", input: {}, cache_control: short },
      {
        kind: "foreign",
        path,
        dialect: "messages",
        type: "server_tool_use",
        value: {
          type: "server_tool_use",
          id: "s",
          name: "web_search",
          input: {},
          cache_control: short,
        },
        cache: { ttl: null },
      },
    ],
  ])("%s", (_name, role, block, part) => {
    expect(partsOf(role, block)).toEqual([part]);
  });

  test("and a string is one text", () => {
    expect(conversationOf({}).turns).toEqual([
      {
        role: "user",
        name: null,
        path: "messages[0]",
        parts: [{ kind: "text", path: "messages[0].content", text: "Hi" }],
      },
    ]);
  });
});
