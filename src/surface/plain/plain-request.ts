import { openAiErrorBody, openAiErrorEvent } from "../../protocol/api-error.ts";
import type { ByteSpan, ChatBody } from "../../protocol/chat-request.ts";
import {
  type Conversation,
  type Dialect,
  type Fields,
  nothingSaid,
} from "../../protocol/conversation.ts";
import type { AnswerWriter, ModelRequest, Relayed } from "../../protocol/model-request.ts";

/** What a request of an API that is no conversation is made of. */
export interface PlainParts {
  readonly dialect: Extract<Dialect, "embeddings" | "plain">;
  readonly bytes: Uint8Array;
  readonly native: Fields;
  readonly modelSpan: ByteSpan | null;
  /** What facts are read from. */
  readonly body: ChatBody;
  readonly relayed: Relayed;
}

/** Errors in OpenAI's envelope; answers are never written, since nobody but a provider of the same API gives one. */
export const plainWriter: AnswerWriter = {
  open: () => ({ encode: () => "", end: () => "" }),
  whole: () => "{}",
  problem: openAiErrorBody,
  brokenStream: openAiErrorEvent,
};

/** A request to be relayed to a provider of the same API. */
export function plainRequest(parts: PlainParts): ModelRequest {
  return { ...parts, writer: plainWriter, conversation: () => saidBy(parts) };
}

/** For providers of conversations alone: nothing in it can be carried, which its one foreign part says. */
function saidBy({ dialect, body, relayed, native }: PlainParts): Conversation {
  const part = {
    kind: "foreign",
    dialect,
    type: relayed.what,
    value: native,
    path: "endpoint",
  } as const;
  return {
    model: body.model,
    turns: [{ role: "user", name: null, parts: [part], path: "endpoint" }],
    ...nothingSaid,
    stream: body.stream === true,
  };
}
