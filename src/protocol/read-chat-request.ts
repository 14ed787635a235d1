import type { ApiProblem } from "./api-error.ts";
import type { ChatBody, ChatRequest } from "./chat-request.ts";
import { checkChatBody } from "./check-chat-body.ts";
import { type ReadLimits, readJsonBody } from "./read-json-body.ts";

export type ChatRequestRead =
  | { readonly ok: true; readonly request: ChatRequest }
  | { readonly ok: false; readonly problem: ApiProblem };

/** Reads the body of a chat completion, with the type of every field the gateway relies on. Never throws. */
export function readChatRequest(received: Uint8Array, limits: ReadLimits): ChatRequestRead {
  const read = readJsonBody(received, limits);
  if (!read.ok) return read;
  const problem = checkChatBody(read.value, limits.maxMessages);
  if (problem !== null) return { ok: false, problem };
  const { bytes, modelSpan } = read;
  return { ok: true, request: { bytes, body: read.value as ChatBody, modelSpan } };
}
