import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import type { ChatRequest } from "../../src/protocol/chat-request.ts";
import { readChatRequest } from "../../src/protocol/read-chat-request.ts";

/** A chat request with one user message, read as the gateway reads it. */
export function chatOf(prompt: string, model = "any"): ChatRequest {
  const body = { model, messages: [{ role: "user", content: prompt }] };
  const read = readChatRequest(
    new TextEncoder().encode(JSON.stringify(body)),
    defaultConfiguration().server,
  );
  if (!read.ok) throw new Error(read.problem.message);
  return read.request;
}
