import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { Fields } from "../../protocol/conversation.ts";
import type { Usage } from "../../protocol/usage.ts";

type Finish = Extract<AnswerEvent, { readonly kind: "finish" }>;

/** How an answer ended, as this wire says it. */
export interface Stop {
  readonly stop_reason: string | null;
  readonly stop_sequence: string | null;
  readonly stop_details: Fields | null;
}

export const notStopped: Stop = { stop_reason: null, stop_sequence: null, stop_details: null };

/** This wire's own words, which say more than those of chat completions. */
const ownReasons: ReadonlySet<unknown> = new Set([
  "end_turn",
  "max_tokens",
  "stop_sequence",
  "tool_use",
  "pause_turn",
  "refusal",
  "model_context_window_exceeded",
]);

const reasons: ReadonlyMap<string, string> = new Map([
  ["stop", "end_turn"],
  ["length", "max_tokens"],
  ["tool_calls", "tool_use"],
  ["function_call", "tool_use"],
  ["content_filter", "refusal"],
]);

/** How the answer ended; `refusal` is the text in which the model refused, empty when it did not. */
export function stopOf(finish: Finish, callsTools: boolean, refusal: string): Stop {
  const stop_reason = reasonOf(finish, callsTools, refusal);
  return {
    stop_reason,
    stop_sequence: stop_reason === "stop_sequence" ? finish.stopSequence : null,
    stop_details:
      stop_reason === "refusal"
        ? { type: "refusal", category: null, explanation: refusal === "" ? null : refusal }
        : null,
  };
}

function reasonOf(finish: Finish, callsTools: boolean, refusal: string): string {
  const { reason, native, stopSequence } = finish;
  if (refusal !== "" && (reason === "stop" || reason === "content_filter")) return "refusal";
  // Clients go on with tools only when told so, and some servers say `stop` after calls.
  if (reason === "stop" && callsTools) return "tool_use";
  if (native !== null && ownReasons.has(native)) return native;
  if (reason === "stop" && stopSequence !== null) return "stop_sequence";
  return reasons.get(reason) ?? reason;
}

const tiers: ReadonlyMap<unknown, string> = new Map([
  ["default", "standard"],
  ["standard", "standard"],
  ["priority", "priority"],
  ["batch", "batch"],
]);

/** Counts of a whole answer or of its start; zeros where none are known yet. Input without what the cache read or wrote. */
export function usageObject(usage: Usage | null, tier: string | null): Fields {
  return {
    input_tokens: usage === null ? 0 : uncached(usage),
    cache_creation_input_tokens: usage?.cachedWriteTokens ?? 0,
    cache_read_input_tokens: usage?.cachedReadTokens ?? 0,
    cache_creation: null,
    output_tokens: usage?.outputTokens ?? 0,
    output_tokens_details: details(usage),
    server_tool_use: null,
    service_tier: tiers.get(tier) ?? null,
    inference_geo: null,
    speed: null,
  };
}

/** Counts at the end of a stream: those of the start are replaced where they are known. */
export function lateUsage(usage: Usage | null): Fields {
  return {
    input_tokens: usage === null ? null : uncached(usage),
    cache_creation_input_tokens: usage?.cachedWriteTokens ?? null,
    cache_read_input_tokens: usage?.cachedReadTokens ?? null,
    output_tokens: usage?.outputTokens ?? 0,
    output_tokens_details: details(usage),
    server_tool_use: null,
  };
}

function uncached(usage: Usage): number {
  return Math.max(0, usage.inputTokens - usage.cachedReadTokens - usage.cachedWriteTokens);
}

function details(usage: Usage | null): Fields | null {
  return usage === null ? null : { thinking_tokens: usage.reasoningTokens };
}
