import { describe, expect, test } from "vitest";
import { beyond } from "../../../src/protocol/chat-request.ts";
import { checkChatBody } from "../../../src/protocol/check-chat-body.ts";
import type { Part } from "../../../src/protocol/conversation.ts";
import { chatBodyOf } from "../../../src/surface/chat/from-conversation.ts";
import { empty, mark, marked, path, turn } from "./support.ts";

const image: Part = {
  kind: "image",
  path,
  source: { kind: "url", url: "https://a/b" },
  detail: "low",
};
const imageContent = { type: "image_url", image_url: { url: "https://a/b", detail: "low" } };
const file = (source: object, more: object = {}): Part =>
  ({ kind: "file", path, source, name: null, context: null, cites: false, ...more }) as Part;

describe("a part becomes content", () => {
  const pdf = { kind: "data", mediaType: "application/pdf", data: "AA" };
  const foreign = (type: string, value: object): Part => ({
    kind: "foreign",
    path,
    dialect: "messages",
    type,
    value: { type, ...value },
  });
  test.each<[string, Part, object[]]>([
    ["an image by URL", image, [imageContent]],
    [
      "an inline image",
      {
        kind: "image",
        path,
        source: { kind: "data", mediaType: "image/png", data: "AA" },
        detail: null,
        cache: { ttl: null },
      },
      [
        {
          type: "image_url",
          image_url: { url: "data:image/png;base64,AA" },
          cache_control: { type: "ephemeral" },
        },
      ],
    ],
    [
      "an image left with the provider is refused elsewhere",
      { kind: "image", path, source: { kind: "id", id: "file_1" }, detail: null },
      [{ type: "image_file", image_file: { file_id: "file_1" }, path }],
    ],
    [
      "sound",
      { kind: "audio", path, data: "AA", format: "wav" },
      [{ type: "input_audio", input_audio: { data: "AA", format: "wav" } }],
    ],
    [
      "a file left with the provider",
      file({ kind: "id", id: "f" }, { name: "n" }),
      [{ type: "file", file: { file_id: "f", filename: "n" } }],
    ],
    [
      "a PDF without a name",
      file(pdf, { context: "C" }),
      [
        { type: "text", text: "C" },
        {
          type: "file",
          file: { file_data: "data:application/pdf;base64,AA", filename: "document.pdf" },
        },
      ],
    ],
    [
      "a file by URL",
      file({ kind: "url", url: "https://a/b" }),
      [{ type: "file_url", file_url: "https://a/b", path }],
    ],
    [
      "a plain text, which guards can read",
      file({ kind: "text", text: "words" }, { name: 'a"b' }),
      [{ type: "text", text: '<document name="a\\"b">\nwords\n</document>' }],
    ],
    [
      "what is foreign shows its words",
      foreign("search_result", {
        source: "https://a",
        title: "T",
        content: [{ text: "w", id: "i" }],
      }),
      [
        {
          type: "search_result",
          path,
          text: "https://a\nT\nw",
          value: {
            type: "search_result",
            source: "https://a",
            title: "T",
            content: [{ text: "w", id: "i" }],
          },
          [beyond]: expect.objectContaining({ value: expect.anything() }),
        },
      ],
    ],
    [
      "what is foreign is never taken for a type of this wire",
      foreign("image_url", { image_url: 3 }),
      [
        {
          type: "foreign_image_url",
          path,
          value: { type: "image_url", image_url: 3 },
          [beyond]: { value: { type: "image_url", image_url: 3 } },
        },
      ],
    ],
  ])("%s", (_name, part, content) => {
    const turns = [turn("user", part, marked("."))];
    const body = chatBodyOf({ ...empty, turns });
    expect(body.messages[0]?.content).toEqual([...content, { type: "text", text: ".", ...mark }]);
    expect(checkChatBody(body, 99)).toBeNull();
  });
});
