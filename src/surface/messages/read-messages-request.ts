import type { ByteSpan, ChatBody } from "../../protocol/chat-request.ts";
import type { Conversation, Dialect, Fields } from "../../protocol/conversation.ts";
import type { ModelRequest, ModelRequestRead } from "../../protocol/model-request.ts";
import { type JsonBodyRead, type ReadLimits, readJsonBody } from "../../protocol/read-json-body.ts";
import { chatBodyOf } from "../chat/from-conversation.ts";
import { checkMessagesBody } from "./check-messages-body.ts";
import { leftoversOfMessages } from "./leftovers.ts";
import { ownBody } from "./own-body.ts";
import { toConversation } from "./to-conversation.ts";
import { messagesWriter } from "./write-messages.ts";

/**
 * Reads the body of `/v1/messages`, or of `count_tokens` when `counting`, with the type of every field the gateway relies on.
 * Where thinking of other makers stands in the history, `modelSpan` is null and `native` is what to send. Never throws.
 */
export function readMessagesRequest(
  received: Uint8Array,
  limits: ReadLimits,
  { counting, betas = "" }: MessagesReading,
): ModelRequestRead {
  const read = readJsonBody(received, limits);
  if (!read.ok) return read;
  const problem = checkMessagesBody(read.value, limits.maxMessages, counting);
  if (problem !== null) return { ok: false, problem };
  return { ok: true, request: new MessagesRequest(read, { counting, betas }) };
}

type Received = Extract<JsonBodyRead, { ok: true }>;

/** How a body is to be read. */
export interface MessagesReading {
  readonly counting: boolean;
  /** The header `anthropic-beta`: features that fields of the body rest on, comma-separated. */
  readonly betas?: string;
}

/** Names of features, as the header lists them. */
const listOfBetas = /^[a-z0-9][a-z0-9-]{0,80}(?:,[a-z0-9][a-z0-9-]{0,80}){0,31}$/i;

/** What is made of a body is made when first asked, since a request that is relayed needs neither form. */
class MessagesRequest implements ModelRequest {
  readonly dialect: Dialect = "messages";
  readonly writer = messagesWriter;
  readonly bytes: Uint8Array;
  readonly native: Fields;
  readonly modelSpan: ByteSpan | null;
  readonly counting: boolean;
  readonly wireHeaders: Readonly<Record<string, string>>;
  readonly #received: Fields;
  #conversation: Conversation | null = null;
  #body: ChatBody | null = null;

  constructor({ bytes, value, modelSpan }: Received, { counting, betas = "" }: MessagesReading) {
    const listed = betas.replaceAll(/\s+/g, "");
    this.wireHeaders = listOfBetas.test(listed) ? { "anthropic-beta": listed } : {};
    this.bytes = bytes;
    this.counting = counting;
    this.#received = value;
    this.native = ownBody(value);
    this.modelSpan = this.native === value ? modelSpan : null;
  }

  get body(): ChatBody {
    this.#body ??= chatBodyOf(this.conversation(), leftoversOfMessages(this.#received));
    return this.#body;
  }

  conversation(): Conversation {
    this.#conversation ??= toConversation(this.#received);
    return this.#conversation;
  }
}
