import type { ProviderKind } from "../../../../src/configuration/configuration.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, eventStream, readAll } from "../support.ts";

export const done = "data: [DONE]\n\n";
export const frame = { id: "c1", object: "chat.completion.chunk", created: 1, model: "m" };
export const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
export const chunk = (delta: object, reason: string | null = null, extra: object = {}): string =>
  event({
    ...frame,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    ...extra,
  });
export const counts = {
  prompt_tokens: 9,
  completion_tokens: 4,
  total_tokens: 13,
  prompt_tokens_details: { cached_tokens: 5 },
};
export const usage = event({ ...frame, choices: [], usage: counts });
export const role = chunk({ role: "assistant", content: "" });
export const stop = chunk({}, "stop");
export const said = (content: string): string => chunk({ content });
export const plain =
  role +
  said("Hello 🚂 ") +
  said("信号所 \ud83d") +
  said('"usage":{ "error" [DONE] finish_reason') +
  stop;
export const call = (fields: object): string => chunk({ tool_calls: [fields] });

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const reader = (kind: ProviderKind = "openai", asksUsage = false) =>
  adapterFor(kind).openStream(
    eventStream,
    chat({ stream: true, ...(asksUsage ? { stream_options: { include_usage: true } } : {}) }),
  );
export const readText = (text: string, kind: ProviderKind = "openai", asksUsage = false) =>
  readAll(reader(kind, asksUsage), bytesOf(text));

export const usageRead = {
  inputTokens: 9,
  cachedReadTokens: 5,
  cachedWriteTokens: 0,
  outputTokens: 4,
  reasoningTokens: 0,
  estimated: false,
};
