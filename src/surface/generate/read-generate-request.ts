import type { ChatBody } from "../../protocol/chat-request.ts";
import type { Conversation, Dialect, Fields } from "../../protocol/conversation.ts";
import type { AnswerWriter, ModelRequest, ModelRequestRead } from "../../protocol/model-request.ts";
import { type ReadLimits, readJsonBody } from "../../protocol/read-json-body.ts";
import { chatBodyOf } from "../chat/from-conversation.ts";
import { isFields } from "../fields.ts";
import { canonicalBody } from "./canonical-body.ts";
import { checkGenerateBody } from "./check-generate-body.ts";
import { leftoversOfGenerate } from "./leftovers.ts";
import { ownBody } from "./own-body.ts";
import { type AskedFor, toConversation } from "./to-conversation.ts";
import { generateListWriter, generateWriter } from "./write-generate.ts";

/** What the address of a request says. */
export interface GenerateAddress extends AskedFor {
  /** Whether only the size of the prompt is asked. */
  readonly counting: boolean;
  /** Whether a stream is wanted as one JSON list and not as events. */
  readonly listed: boolean;
}

/**
 * Reads the body of `…:generateContent`, `…:streamGenerateContent` or `…:countTokens`, with the type of every field the gateway
 * relies on. `native` is what a provider of the same wire is to be sent, a count's body without its wrapping. Never throws.
 */
export function readGenerateRequest(
  received: Uint8Array,
  limits: ReadLimits,
  address: GenerateAddress,
): ModelRequestRead {
  const read = readJsonBody(received, limits);
  if (!read.ok) return read;
  const canonical = canonicalBody(read.value);
  const { generateContentRequest: wrapped } = canonical;
  const body = address.counting && isFields(wrapped) ? wrapped : canonical;
  const problem = checkGenerateBody(body, limits.maxMessages);
  if (problem !== null) return { ok: false, problem };
  const { bytes, value, repeated } = read;
  return { ok: true, request: new GenerateRequest({ bytes, value, body, repeated }, address) };
}

interface Received {
  readonly bytes: Uint8Array;
  readonly value: Fields;
  readonly body: Fields;
  /** Whether the bytes may be read in more than one way. */
  readonly repeated: boolean;
}

/** What is made of a body is made when first asked, since a request that is relayed needs neither form. */
class GenerateRequest implements ModelRequest {
  readonly dialect: Dialect = "generate";
  readonly modelSpan = null;
  readonly writer: AnswerWriter;
  readonly bytes: Uint8Array;
  readonly native: Fields;
  readonly asSent: boolean;
  readonly counting: boolean;
  readonly #address: GenerateAddress;
  readonly #received: Fields;
  #conversation: Conversation | null = null;
  #body: ChatBody | null = null;

  constructor({ bytes, value, body, repeated }: Received, address: GenerateAddress) {
    this.#address = address;
    this.#received = body;
    this.bytes = bytes;
    this.native = ownBody(body);
    this.asSent = this.native === value && !repeated;
    this.counting = address.counting;
    this.writer = address.listed ? generateListWriter : generateWriter;
  }

  get body(): ChatBody {
    this.#body ??= chatBodyOf(this.conversation(), leftoversOfGenerate(this.#received));
    return this.#body;
  }

  conversation(): Conversation {
    this.#conversation ??= toConversation(this.#received, this.#address);
    return this.#conversation;
  }
}
