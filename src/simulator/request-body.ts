import type { ApiProblem } from "../protocol/api-error.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import { checkChatBody } from "../protocol/check-chat-body.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { chatBodyOf } from "../surface/chat/from-conversation.ts";
import { checkMessagesBody } from "../surface/messages/check-messages-body.ts";
import { leftoversOfMessages } from "../surface/messages/leftovers.ts";
import { toConversation as messagesToConversation } from "../surface/messages/to-conversation.ts";
import { checkResponsesBody } from "../surface/responses/check-responses-body.ts";
import { leftoversOfResponses } from "../surface/responses/leftovers.ts";
import { toConversation as responsesToConversation } from "../surface/responses/to-conversation.ts";
import { isRow, type Row } from "./row.ts";

/** APIs whose request bodies are read. */
export type BodyDialect = "chat" | "messages" | "responses";

export type ReadBody =
  | { readonly ok: true; readonly body: ChatBody; readonly endpoint: BodyDialect }
  | { readonly ok: false; readonly reason: string };

const mostMessages = 1_000_000;

/** As deep as the gateway lets a body be. */
const deepest = 64;

/** Reads a request body as its surface does in the gateway, so that facts are those of a live request. Null tells the API by the body. */
export function readBody(value: unknown, dialect: BodyDialect | null): ReadBody {
  if (!isRow(value)) return { ok: false, reason: "the request body must be a JSON object" };
  if (isDeeper(value, deepest))
    return { ok: false, reason: `nested deeper than ${deepest} levels` };
  const endpoint = dialect ?? dialectOf(value);
  if (endpoint === null) return { ok: false, reason: "no request body of a known API" };
  const problem = problemOf(value, endpoint);
  if (problem !== null) return { ok: false, reason: problem.message };
  return { ok: true, endpoint, body: toChat(value, endpoint) };
}

function problemOf(body: Row, dialect: BodyDialect): ApiProblem | null {
  if (dialect === "chat") return checkChatBody(body, mostMessages);
  if (dialect === "messages") return checkMessagesBody(body, mostMessages, false);
  return checkResponsesBody(body, mostMessages);
}

function toChat(body: Row, dialect: BodyDialect): ChatBody {
  if (dialect === "chat") return body as unknown as ChatBody;
  return dialect === "messages"
    ? chatBodyOf(messagesToConversation(body), leftoversOfMessages(body))
    : chatBodyOf(responsesToConversation(body), leftoversOfResponses(body));
}

/** Fields that embeddings have beside `input` and responses have not. */
const ofEmbeddings = ["encoding_format", "dimensions"] as const;
/** Fields that Messages have beside `messages` and chat completions have not. */
const ofMessages = ["system", "stop_sequences", "thinking", "anthropic_version", "top_k"] as const;
const blocksOfMessages: ReadonlySet<unknown> = new Set([
  ...(["tool_use", "tool_result", "thinking", "redacted_thinking"] as const),
  ...(["image", "document", "search_result", "server_tool_use"] as const),
]);

/**
 * The API that a bare body is of. A body of Messages with plain texts, no `system` and nothing else of its own is also one of chat
 * completions and read as that: only the fact `endpoint` would differ. Null for none of the three.
 */
export function dialectOf(body: Row): BodyDialect | null {
  const { messages, input } = body;
  if (Array.isArray(messages)) {
    const isMessages =
      ofMessages.some((name) => body[name] !== undefined) ||
      hasInputSchema(body["tools"]) ||
      messages.some(hasBlock);
    return isMessages ? "messages" : "chat";
  }
  if (input === undefined && body["prompt"] === undefined)
    return messages === undefined ? null : "chat";
  const isEmbedding =
    ofEmbeddings.some((name) => body[name] !== undefined) || /embed/i.test(String(body["model"]));
  const isTexts = Array.isArray(input) && !input.every(isRow);
  return isEmbedding || isTexts || (input === undefined && !isRow(body["prompt"]))
    ? null
    : "responses";
}

function hasInputSchema(tools: unknown): boolean {
  return (
    Array.isArray(tools) && tools.some((tool) => isRow(tool) && tool["input_schema"] !== undefined)
  );
}

function hasBlock(message: unknown): boolean {
  const content = isRow(message) ? message["content"] : null;
  return (
    Array.isArray(content) &&
    content.some((part) => isRow(part) && blocksOfMessages.has(part["type"]))
  );
}

const endpointEndings: readonly (readonly [string, Endpoint])[] = [
  ["/chat/completions", "chat"],
  ["/messages", "messages"],
  ["/responses", "responses"],
  ["/completions", "completions"],
  ["/embeddings", "embeddings"],
  ["/rerank", "rerank"],
  ["/moderations", "moderations"],
];

/** The API of a path or an address, by how it ends; a name of an API is itself. Null for one that is not known. */
export function endpointOfPath(path: unknown): Endpoint | null {
  if (typeof path !== "string") return null;
  const plain = path.replace(/[?#].*$/, "").replace(/\/+$/, "");
  if (/\/images\//.test(plain)) return "images";
  if (/\/audio\//.test(plain)) return "audio";
  if (/:(stream)?generatecontent$/i.test(plain)) return "generate";
  const named = endpointEndings.find(([ending, name]) => plain.endsWith(ending) || plain === name);
  return named?.[1] ?? null;
}

/** The API whose body is read for an endpoint; null for one whose bodies are not read. */
export function dialectOfEndpoint(endpoint: Endpoint): BodyDialect | null {
  return endpoint === "chat" || endpoint === "messages" || endpoint === "responses"
    ? endpoint
    : null;
}

/** Whether lists and objects lie within each other more than so many times. Goes no deeper than that. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const each of Object.values(value)) if (isDeeper(each, levels - 1)) return true;
  return false;
}
