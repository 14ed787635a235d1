import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { Fields, Reasoning } from "../../../src/protocol/conversation.ts";
import type { ModelRequest } from "../../../src/protocol/model-request.ts";
import { readResponsesRequest } from "../../../src/surface/responses/read-responses-request.ts";
import { responsesWriter } from "../../../src/surface/responses/write-responses.ts";

export const limits = { maxDepth: 64, maxKeys: 50_000, maxMessages: 2048 };
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A request as the gateway reads it. */
export function asked(fields: Fields = {}): ModelRequest {
  const body = JSON.stringify({ model: "m", input: "Hi", ...fields });
  const read = readResponsesRequest(bytesOf(body), limits);
  if (!read.ok) throw new Error(read.problem.message);
  return read.request;
}

/** A whole stream of these events. */
export function streamed(events: readonly AnswerEvent[], request = asked()): string {
  const encoder = responsesWriter.open(request);
  return events.map((event) => encoder.encode(event)).join("") + encoder.end();
}

/** The events in a stream's text, each with the name it came under. */
export function eventsIn(text: string): { readonly name: string; readonly data: Fields }[] {
  return text
    .split("\n\n")
    .filter((event) => event.startsWith("event: "))
    .map((event) => {
      const [head = "", data = ""] = event.split("\n");
      return { name: head.slice(7), data: JSON.parse(data.slice(6)) as Fields };
    });
}

export const start: AnswerEvent = { kind: "start", id: "resp_1", model: "up", created: 1700 };
export const say = (text: string): AnswerEvent => ({ kind: "text", choice: 0, text });
export const finish = (reason = "stop"): AnswerEvent => ({
  kind: "finish",
  choice: 0,
  reason,
  native: "completed",
  stopSequence: null,
});
export const counted: AnswerEvent = {
  kind: "usage",
  tier: "default",
  usage: {
    inputTokens: 9,
    cachedReadTokens: 4,
    cachedWriteTokens: 2,
    outputTokens: 7,
    reasoningTokens: 3,
    estimated: false,
  },
};
export const callStart = (call: number, name: string, custom = false): AnswerEvent => ({
  kind: "call_start",
  choice: 0,
  call,
  id: `call_${call}`,
  name,
  custom,
});
export const args = (call: number, text: string): AnswerEvent => ({
  kind: "call_args",
  choice: 0,
  call,
  text,
});

/** Thinking that nobody vouches for. */
export const thought: Reasoning = {
  text: "hm",
  summary: false,
  signature: null,
  encrypted: null,
  id: null,
  model: null,
};
export const think = (text: string, summary = false, id?: string): AnswerEvent => ({
  kind: "reasoning",
  choice: 0,
  text,
  summary,
  ...(id === undefined ? {} : { id }),
});
export const thinkEnd = (fields: Partial<Reasoning> = {}): AnswerEvent => ({
  kind: "reasoning_end",
  choice: 0,
  reasoning: { ...thought, ...fields },
});
