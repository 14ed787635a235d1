import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { Fields } from "../../../src/protocol/conversation.ts";
import type { ModelRequest } from "../../../src/protocol/model-request.ts";
import { createSseDecoder } from "../../../src/protocol/sse.ts";
import { readMessagesRequest } from "../../../src/surface/messages/read-messages-request.ts";
import { messagesWriter } from "../../../src/surface/messages/write-messages.ts";
import { thought as thoughtOf } from "../../support/answer-events.ts";

const limits = { maxDepth: 64, maxKeys: 50_000, maxMessages: 2048 };

export const least = {
  model: "policy",
  max_tokens: 100,
  messages: [{ role: "user", content: "Hi" }],
};

/** The request that a body is; throws when it is refused. */
export function requestOf(body: unknown): ModelRequest {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const result = readMessagesRequest(bytes, limits, { counting: false });
  if (!result.ok) throw new Error(result.problem.message);
  return result.request;
}

/** The stream that the writer makes of these events. */
export function streamOf(events: readonly AnswerEvent[], request = requestOf(least)): string {
  const encoder = messagesWriter.open(request);
  return events.map((event) => encoder.encode(event)).join("") + encoder.end();
}

/** The whole answer that the writer makes of these events. */
export function wholeOf(events: readonly AnswerEvent[], request = requestOf(least)): Fields {
  return JSON.parse(messagesWriter.whole(request, events)) as Fields;
}

/** The data of each event of a stream; its name is held to the type inside. */
export function dataOf(stream: string): readonly Fields[] {
  const decoder = createSseDecoder();
  const events = [...decoder.push(new TextEncoder().encode(stream)), ...decoder.end()];
  return events.map(({ event, data }) => {
    const value = JSON.parse(data) as Fields;
    if (value["type"] !== event) throw new Error(`${event} names ${String(value["type"])}`);
    return value;
  });
}

/** Thinking with a signature, as a maker of this very wire gives it. */
export const thought = (text: string, signature: string): AnswerEvent =>
  thoughtOf({ text, signature, dialect: "messages" });
