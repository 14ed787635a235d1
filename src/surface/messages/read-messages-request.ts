import { type ApiProblem, invalidRequest } from "../../protocol/api-error.ts";
import { withoutMark } from "../../protocol/byte-order-mark.ts";
import type { ByteSpan, ChatBody } from "../../protocol/chat-request.ts";
import type { Conversation, Dialect, Fields } from "../../protocol/conversation.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import type { ReadLimits } from "../../protocol/read-chat-request.ts";
import { scanJson } from "../../protocol/scan-json.ts";
import { chatBodyOf } from "../chat/from-conversation.ts";
import { checkMessagesBody } from "./check-messages-body.ts";
import { ownBody } from "./own-body.ts";
import { toConversation } from "./to-conversation.ts";
import { messagesWriter } from "./write-messages.ts";

export type MessagesRequestRead =
  | { readonly ok: true; readonly request: ModelRequest }
  | { readonly ok: false; readonly problem: ApiProblem };

/** Array items beyond this are an attack on the parser, not a conversation; far above any real request. */
const maxCommas = 500_000;
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads the body of `/v1/messages`, or of `count_tokens` when `counting`: size bounds before parsing, then JSON, then the type of
 * every field the gateway relies on. Of a repeated top-level key the last counts, for policy and upstream alike; then, and where
 * thinking of other makers stands in the history, `modelSpan` is null and `native` is what to send. Never throws.
 */
export function readMessagesRequest(
  received: Uint8Array,
  limits: ReadLimits,
  options: { readonly counting: boolean },
): MessagesRequestRead {
  const bytes = withoutMark(received);
  const scan = scanJson(bytes, { ...limits, maxCommas });
  if (scan.depth > limits.maxDepth) return tooMuch(`nested deeper than ${limits.maxDepth} levels`);
  if (scan.keys > limits.maxKeys) return tooMuch(`of more than ${limits.maxKeys} keys`);
  if (scan.commas > maxCommas) return tooMuch(`of more than ${maxCommas} items`);
  let body: unknown;
  try {
    body = JSON.parse(decoder.decode(bytes));
  } catch (error) {
    return notJson(error);
  }
  const problem = checkMessagesBody(body, limits.maxMessages, options.counting);
  if (problem !== null) return { ok: false, problem };
  const fields = body as Fields;
  const repeated = scan.topLevelKeys !== Object.keys(fields).length;
  return {
    ok: true,
    request: new MessagesRequest(bytes, fields, repeated ? null : scan.modelSpan),
  };
}

/** What is made of a body is made when first asked, since a request that is relayed needs neither form. */
class MessagesRequest implements ModelRequest {
  readonly dialect: Dialect = "messages";
  readonly writer = messagesWriter;
  readonly bytes: Uint8Array;
  readonly native: Fields;
  readonly modelSpan: ByteSpan | null;
  readonly #received: Fields;
  #conversation: Conversation | null = null;
  #body: ChatBody | null = null;

  constructor(bytes: Uint8Array, received: Fields, modelSpan: ByteSpan | null) {
    this.bytes = bytes;
    this.#received = received;
    this.native = ownBody(received);
    this.modelSpan = this.native === received ? modelSpan : null;
  }

  get body(): ChatBody {
    this.#body ??= chatBodyOf(this.conversation());
    return this.#body;
  }

  conversation(): Conversation {
    this.#conversation ??= toConversation(this.#received);
    return this.#conversation;
  }
}

function tooMuch(what: string): MessagesRequestRead {
  const message = `the request body is JSON ${what}`;
  return { ok: false, problem: invalidRequest(null, message, "invalid_json_limits") };
}

function notJson(error: unknown): MessagesRequestRead {
  const message =
    error instanceof SyntaxError
      ? `the request body is not JSON: ${error.message.slice(0, 200)}`
      : "the request body is not valid UTF-8";
  return { ok: false, problem: invalidRequest(null, message, "invalid_json") };
}
