import { describe, expect, test } from "vitest";
import type { Ability } from "../../../src/catalog/target.ts";
import { defaultConfiguration } from "../../../src/configuration/default-configuration.ts";
import type { ChatMessage } from "../../../src/protocol/chat-request.ts";
import { unableToTake } from "../../../src/runtime/providers/unable.ts";
import { readMessagesRequest } from "../../../src/surface/messages/read-messages-request.ts";
import { chat, target } from "./support.ts";

const text = { type: "text", text: "What is this?" };
const image = { type: "image_url", image_url: { url: "https://example.com/a.png" } };
const audio = { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } };
const file = { type: "file", file: { file_id: "file-1" } };
const asked = (...content: object[]) =>
  chat({ messages: [{ role: "user", content } as unknown as ChatMessage] });
const lacking = (...lacks: Ability[]) => target({ lacks: new Set(lacks) });

describe("a request", () => {
  test.each<[string, object[], Ability[], string | null]>([
    ["text", [text], ["images", "audio", "files"], null],
    ["an image for a model without", [text, image], ["images"], "messages[0].content[1]"],
    ["an image for a model that hears nothing", [image], ["audio", "files"], null],
    ["sound for a model without", [audio, text], ["audio"], "messages[0].content[0]"],
    ["a file for a model without", [text, file], ["files"], "messages[0].content[1]"],
    ["the first of several", [text, file, image], ["images"], "messages[0].content[2]"],
  ])("of %s", (_what, content, lacks, param) => {
    const failure = unableToTake(asked(...content), lacking(...lacks));
    expect(failure?.param ?? null).toBe(param);
    if (param !== null)
      expect(failure).toMatchObject({
        cause: "unavailable",
        code: "unsupported_parameter",
        retrySame: false,
      });
  });

  test("goes to a model of which nobody knows what it lacks", () => {
    expect(unableToTake(asked(image), target())).toBeNull();
  });

  const messages = (...content: object[]) => {
    const body = { model: "m", max_tokens: 9, messages: [{ role: "user", content }] };
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    const read = readMessagesRequest(bytes, defaultConfiguration().server, { counting: false });
    if (!read.ok) throw new Error(read.problem.message);
    return read.request;
  };
  const document = {
    type: "document",
    source: { type: "text", media_type: "text/plain", data: "words" },
  };
  const pdf = { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } };
  const shown = { type: "image", source: { type: "url", url: "https://example.com/a.png" } };
  const kept = { type: "image", source: { type: "file", file_id: "file_1" } };

  test.each<[string, object[], Ability[], string | null]>([
    ["plain text as a document", [document], ["files"], null],
    ["plain text as a document, beside an image", [document, shown], ["files"], null],
    ["a file beside plain text", [document, pdf], ["files"], "messages[0].content[1]"],
    ["an image that is named by its id", [kept], ["images"], "messages[0].content[0]"],
    ["an image that is named by its id, for one that sees", [kept], ["files"], null],
  ])("of another API: %s", (_what, content, lacks, param) => {
    expect(unableToTake(messages(...content), lacking(...lacks))?.param ?? null).toBe(param);
  });

  test("of another API names the place in the client's own body, in results of calls too", () => {
    const shown = { type: "image", source: { type: "url", url: "https://example.com/a.png" } };
    const body = {
      model: "m",
      max_tokens: 9,
      messages: [
        { role: "user", content: "look" },
        { role: "assistant", content: [{ type: "tool_use", id: "t", name: "see", input: {} }] },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "t", content: [shown] }],
        },
      ],
    };
    const read = readMessagesRequest(
      new TextEncoder().encode(JSON.stringify(body)),
      defaultConfiguration().server,
      { counting: false },
    );
    if (!read.ok) throw new Error(read.problem.message);
    expect(unableToTake(read.request, lacking("images"))?.param).toBe(
      "messages[2].content[0].content[0]",
    );
  });
});
