import type { ByteSpan, ChatBody, ChatRequest } from "../../protocol/chat-request.ts";
import type { Conversation } from "../../protocol/conversation.ts";
import type { ModelRequest, ModelRequestRead } from "../../protocol/model-request.ts";
import { readChatRequest } from "../../protocol/read-chat-request.ts";
import type { ReadLimits } from "../../protocol/read-json-body.ts";
import { chatToConversation } from "./to-conversation.ts";
import { chatWriter } from "./write-chat.ts";

/** Reads the body of `POST /v1/chat/completions`. Never throws. */
export function readChat(bytes: Uint8Array, limits: ReadLimits): ModelRequestRead {
  const read = readChatRequest(bytes, limits);
  return read.ok ? { ok: true, request: modelRequestOf(read.request) } : read;
}

/** A chat request that was read, as what a model is asked. */
export function modelRequestOf(read: ChatRequest): ModelRequest {
  return new ChatModelRequest(read);
}

/** A class, since one is made for each request: the conversation is made only for providers that speak another wire. */
class ChatModelRequest implements ModelRequest {
  readonly dialect = "chat";
  readonly bytes: Uint8Array;
  readonly body: ChatBody;
  readonly modelSpan: ByteSpan | null;
  readonly writer = chatWriter;
  #conversation: Conversation | null = null;

  constructor({ bytes, body, modelSpan }: ChatRequest) {
    this.bytes = bytes;
    this.body = body;
    this.modelSpan = modelSpan;
  }

  get native(): ChatBody {
    return this.body;
  }

  conversation(): Conversation {
    this.#conversation ??= chatToConversation(this.body);
    return this.#conversation;
  }
}
