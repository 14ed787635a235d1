import type { ApiProblem } from "../../protocol/api-error.ts";
import type { ByteSpan, ChatBody } from "../../protocol/chat-request.ts";
import type { Conversation, Fields } from "../../protocol/conversation.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import type { ReadLimits } from "../../protocol/read-json-body.ts";
import { readJsonBody } from "../../protocol/read-json-body.ts";
import { chatBodyOf } from "../chat/from-conversation.ts";
import { checkResponsesBody } from "./check-responses-body.ts";
import { leftoversOfResponses } from "./leftovers.ts";
import { ownBody } from "./own-body.ts";
import { toConversation } from "./to-conversation.ts";
import { responsesWriter } from "./write-responses.ts";

export type ResponsesRequestRead =
  | { readonly ok: true; readonly request: ModelRequest }
  | { readonly ok: false; readonly problem: ApiProblem };

/**
 * Reads the body of `POST /v1/responses`: bounds before parsing, then JSON, then the type of every field that is relied on;
 * `maxMessages` bounds the items of `input`. Where a top-level key is repeated, or thinking of other makers stands in the input,
 * `modelSpan` is null and `native` is what to send. Never throws.
 */
export function readResponsesRequest(
  received: Uint8Array,
  limits: ReadLimits,
): ResponsesRequestRead {
  const read = readJsonBody(received, limits);
  if (!read.ok) return read;
  const problem = checkResponsesBody(read.value, limits.maxMessages);
  if (problem !== null) return { ok: false, problem };
  const request = new ResponsesRequest(read.bytes, read.value as Fields, read.modelSpan);
  return { ok: true, request };
}

/** Conversation and chat body are made when first asked for: a request that goes on over its own wire may need neither. */
class ResponsesRequest implements ModelRequest {
  readonly dialect = "responses";
  readonly bytes: Uint8Array;
  readonly native: Fields;
  readonly modelSpan: ByteSpan | null;
  readonly writer = responsesWriter;
  readonly #received: Fields;
  #body: ChatBody | null = null;
  #conversation: Conversation | null = null;

  constructor(bytes: Uint8Array, received: Fields, modelSpan: ByteSpan | null) {
    this.bytes = bytes;
    this.#received = received;
    this.native = ownBody(received);
    this.modelSpan = this.native === received ? modelSpan : null;
  }

  get body(): ChatBody {
    this.#body ??= chatBodyOf(this.conversation(), leftoversOfResponses(this.#received));
    return this.#body;
  }

  conversation(): Conversation {
    this.#conversation ??= toConversation(this.#received);
    return this.#conversation;
  }
}
