import { expect, test } from "vitest";
import type { ProviderKind } from "../../../src/configuration/configuration.ts";
import type { ChatBody } from "../../../src/protocol/chat-request.ts";
import type { Dialect } from "../../../src/protocol/conversation.ts";
import type { ModelRequest } from "../../../src/protocol/model-request.ts";
import { adapterOf } from "../../../src/runtime/providers/adapters.ts";
import { readMessagesRequest } from "../../../src/surface/messages/read-messages-request.ts";
import { readResponsesRequest } from "../../../src/surface/responses/read-responses-request.ts";
import { chat, provider, target } from "./support.ts";

const limits = { maxDepth: 64, maxKeys: 50_000, maxMessages: 2048 };
const bytesOf = (body: object) => new TextEncoder().encode(JSON.stringify(body));

/** One message with a file that the client left with its provider, on each wire that has a word for it. */
const asking: Partial<Record<Dialect, ModelRequest>> = {
  chat: chat({
    messages: [{ role: "user", content: [{ type: "file", file: { file_id: "file_1" } }] }],
  } as unknown as Partial<ChatBody>),
  responses: read(
    readResponsesRequest(
      bytesOf({
        model: "m",
        input: [{ role: "user", content: [{ type: "input_file", file_id: "file_1" }] }],
      }),
      limits,
    ),
  ),
  messages: read(
    readMessagesRequest(
      bytesOf({
        model: "m",
        max_tokens: 9,
        messages: [
          {
            role: "user",
            content: [{ type: "document", source: { type: "file", file_id: "file_1" } }],
          },
        ],
      }),
      limits,
      { counting: false },
    ),
  ),
};

function read(result: { readonly ok: boolean; readonly request?: ModelRequest }): ModelRequest {
  if (result.request === undefined) throw new Error(JSON.stringify(result));
  return result.request;
}

function sent(from: Dialect, kind: ProviderKind, api: "chat" | "responses", drops = false) {
  const of = provider(kind, { api });
  const request = asking[from];
  if (request === undefined) throw new Error(`no request of ${from}`);
  return adapterOf(of).prepare(request, target(), of, drops ? { dropUnsupported: true } : {});
}

test.each([
  ["chat", "openai", "chat"],
  ["chat", "openai", "responses"],
  ["responses", "openai", "chat"],
  ["responses", "openai", "responses"],
  ["messages", "anthropic", "chat"],
] as const)(
  "a file by its id goes from %s to the house that knows it: %s, %s",
  (from, kind, api) => {
    const prepared = sent(from, kind, api);
    const body = prepared.ok ? prepared.request.body : "";
    expect(typeof body === "string" ? body : new TextDecoder().decode(body)).toContain("file_1");
  },
);

test.each([
  ["messages", "openai", "chat"],
  ["messages", "openai", "responses"],
  ["chat", "anthropic", "chat"],
  ["responses", "anthropic", "chat"],
  ["chat", "gemini", "chat"],
  ["messages", "gemini", "chat"],
] as const)(
  "a file by its id is refused by name, or left out, from %s to %s, %s",
  (from, kind, api) => {
    const refused = sent(from, kind, api);
    expect(refused).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining("left with another provider") },
    });
    const prepared = sent(from, kind, api, true);
    if (!prepared.ok) throw new Error("refused");
    const { body, dropped } = prepared.request;
    expect(dropped).toHaveLength(1);
    const json = typeof body === "string" ? body : new TextDecoder().decode(body);
    expect(json).not.toContain("file_1");
  },
);
