import type { AnswerEvent } from "../../../../src/protocol/answer-event.ts";
import type { Fields } from "../../../../src/protocol/conversation.ts";
import { ResponsesDecoder } from "../../../../src/runtime/providers/responses/decode-stream.ts";

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One event as the provider writes it. */
export function event(type: string, fields: Fields = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 0, ...fields })}\n\n`;
}

export const response = {
  id: "resp_1",
  object: "response",
  created_at: 1700,
  status: "in_progress",
  model: "gpt-x",
  output: [],
  error: null,
  incomplete_details: null,
  usage: null,
  service_tier: "auto",
};
export const counts = {
  input_tokens: 9,
  input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 3 },
  total_tokens: 16,
};
export const usageRead = {
  inputTokens: 9,
  cachedReadTokens: 4,
  cachedWriteTokens: 2,
  outputTokens: 7,
  reasoningTokens: 3,
  estimated: false,
};

export const created = event("response.created", { response });
export const at = { item_id: "msg_1", output_index: 0, content_index: 0 };
export const item = { id: "msg_1", type: "message", role: "assistant", status: "in_progress" };
export const opened =
  event("response.output_item.added", { output_index: 0, item: { ...item, content: [] } }) +
  event("response.content_part.added", { ...at, part: { type: "output_text", text: "" } });
export const delta = (text: string): string =>
  event("response.output_text.delta", { ...at, delta: text, logprobs: [], obfuscation: "x7Qp" });
export const message = (text: string): Fields => ({
  ...item,
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }],
});
export const done = (output: readonly Fields[], fields: Fields = {}): string =>
  event("response.completed", {
    response: { ...response, status: "completed", output, usage: counts, ...fields },
  });

/** A whole answer that says "Hé 🚂". */
export const plain =
  created +
  event("response.in_progress", { response }) +
  opened +
  delta("Hé") +
  delta(" 🚂") +
  event("response.output_text.done", { ...at, text: "Hé 🚂" }) +
  event("response.output_item.done", { output_index: 0, item: message("Hé 🚂") });
export const whole = plain + done([message("Hé 🚂")]);

export const begun: AnswerEvent = { kind: "start", id: "resp_1", model: "gpt-x", created: 1700 };
export const said = (text: string): AnswerEvent => ({ kind: "text", choice: 0, text });
export const finished = (reason = "stop", native = "completed"): AnswerEvent => ({
  kind: "finish",
  choice: 0,
  reason,
  native,
  stopSequence: null,
});
export const counted: AnswerEvent = { kind: "usage", usage: usageRead, tier: null };

/** All that a decoder says of these bytes, cut at the given offsets. */
export function decode(
  text: string | Uint8Array,
  cuts: readonly number[] = [],
): { readonly events: readonly AnswerEvent[]; readonly decoder: ResponsesDecoder } {
  const bytes = typeof text === "string" ? bytesOf(text) : text;
  const decoder = new ResponsesDecoder();
  const events: AnswerEvent[] = [];
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (let edge = 1; edge < edges.length; edge++)
    events.push(...decoder.push(bytes.slice(edges[edge - 1], edges[edge])));
  events.push(...decoder.end());
  return { events, decoder };
}

export const fc = (fields: Fields = {}): Fields => ({
  id: "fc_1",
  type: "function_call",
  call_id: "c1",
  name: "f",
  arguments: "",
  ...fields,
});
export const added = (index: number, item: Fields): string =>
  event("response.output_item.added", { output_index: index, item });
export const ended = (index: number, item: Fields): string =>
  event("response.output_item.done", { output_index: index, item });
export const argsDelta = (index: number, text: string): string =>
  event("response.function_call_arguments.delta", {
    output_index: index,
    item_id: "x",
    delta: text,
  });
export const callStart = (call: number, id: string, custom = false): AnswerEvent => ({
  kind: "call_start",
  choice: 0,
  call,
  id,
  name: "f",
  custom,
});
export const args = (call: number, text: string): AnswerEvent => ({
  kind: "call_args",
  choice: 0,
  call,
  text,
});
export const reasoning = (fields: Fields = {}): Fields => ({
  id: "rs_1",
  type: "reasoning",
  summary: [],
  ...fields,
});
export const thought = {
  signature: null,
  encrypted: null,
  id: "rs_1",
  model: "gpt-x",
  dialect: "responses",
} as const;
export const thinking = (text: string, summary: boolean): AnswerEvent => ({
  kind: "reasoning",
  choice: 0,
  text,
  summary,
  id: "rs_1",
});
