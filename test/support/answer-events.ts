import type { AnswerEvent } from "../../src/protocol/answer-event.ts";

/** Events of an answer with one choice, as a provider's decoder makes them. */
export const start: AnswerEvent = { kind: "start", id: "msg_1", model: "maker-1", created: 7 };
export const text = (told: string): AnswerEvent => ({ kind: "text", choice: 0, text: told });
export const thinks = (told: string): AnswerEvent => ({
  kind: "reasoning",
  choice: 0,
  text: told,
  summary: false,
});
export const thought = (fields: object): AnswerEvent => ({
  kind: "reasoning_end",
  choice: 0,
  reasoning: {
    text: "",
    summary: false,
    signature: null,
    encrypted: null,
    id: null,
    model: "maker-1",
    ...fields,
  },
});
export const callStart = (call: number, more: object = {}): AnswerEvent => ({
  kind: "call_start",
  choice: 0,
  call,
  id: `c${call}`,
  name: "f",
  custom: false,
  ...more,
});
export const callArgs = (call: number, args: string): AnswerEvent => ({
  kind: "call_args",
  choice: 0,
  call,
  text: args,
});
export const finish = (reason: string, more: object = {}): AnswerEvent => ({
  kind: "finish",
  choice: 0,
  reason,
  native: null,
  stopSequence: null,
  ...more,
});
export const usage = {
  kind: "usage",
  tier: "default",
  usage: {
    inputTokens: 100,
    cachedReadTokens: 60,
    cachedWriteTokens: 30,
    outputTokens: 20,
    reasoningTokens: 5,
    estimated: false,
  },
} satisfies AnswerEvent;
