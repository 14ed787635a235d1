import type { ModelRequest, ModelRequestRead } from "../../src/protocol/model-request.ts";
import { readChat } from "../../src/surface/chat/read-chat.ts";
import { readCompletions } from "../../src/surface/completions/read-completions.ts";
import { readGenerateRequest } from "../../src/surface/generate/read-generate-request.ts";
import { readMessagesRequest } from "../../src/surface/messages/read-messages-request.ts";
import { readResponsesRequest } from "../../src/surface/responses/read-responses-request.ts";

const limits = { maxDepth: 64, maxKeys: 100_000, maxMessages: 10_000 };
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const read = (got: ModelRequestRead): ModelRequest => {
  if (!got.ok) throw new Error(got.problem.message);
  return got.request;
};

export type Loose = Readonly<Record<string, unknown>>;
export const user = { role: "user", content: "go" };

export const wires = {
  chat: (body: Loose) => read(readChat(bytes({ model: "m", messages: [user], ...body }), limits)),
  messages: (body: Loose) =>
    read(
      readMessagesRequest(bytes({ model: "m", max_tokens: 9, messages: [user], ...body }), limits, {
        counting: false,
      }),
    ),
  responses: (body: Loose) =>
    read(readResponsesRequest(bytes({ model: "m", input: "go", ...body }), limits)),
  generate: (body: Loose) =>
    read(
      readGenerateRequest(
        bytes({ contents: [{ role: "user", parts: [{ text: "go" }] }], ...body }),
        limits,
        { model: "m", stream: false, counting: false, listed: false },
      ),
    ),
  completions: (body: Loose) =>
    read(readCompletions(bytes({ model: "m", prompt: "go", ...body }), limits)),
};

export const blocks = (...content: readonly Loose[]) => ({
  messages: [user, { role: "assistant", content }, user],
});
export const chatTurn = (turn: Loose) => ({
  messages: [user, { role: "assistant", content: "ok", ...turn }, user],
});
export const items = (...input: readonly Loose[]) => ({
  input: [...input, { role: "user", content: "go" }],
});
export const parts = (role: string, ...given: readonly Loose[]) => ({
  contents: [
    { role, parts: given },
    { role: "user", parts: [{ text: "go" }] },
  ],
});

export type Wire = keyof typeof wires;
export const atOnce = () => Promise.resolve();
