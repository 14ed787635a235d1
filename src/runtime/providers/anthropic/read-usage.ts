import type { Fields } from "../../../protocol/conversation.ts";
import { paidCallsOf, tokenCount, type Usage, usageOfCounts } from "../../../protocol/usage.ts";
import { isFields } from "../error-signal.ts";

const finishReasons: ReadonlyMap<unknown, string> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["pause_turn", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "content_filter"],
]);

/** A stop reason in OpenAI's words; unknown ones as they came, null for none. */
export function finishOfStop(reason: unknown): string | null {
  return finishReasons.get(reason) ?? (typeof reason === "string" ? reason : null);
}

/** Counts of a Messages usage object, late values over early ones; absent and null values leave the early ones standing. */
export function mergeUsage(early: Fields, late: unknown): Fields {
  if (!isFields(late)) return early;
  return {
    ...early,
    ...Object.fromEntries(Object.entries(late).filter(([, value]) => value !== null)),
  };
}

/** Usage in OpenAI's arithmetic: the input holds what was read from and written to the cache. Null when there are no counts. */
export function usageOf(value: Fields): Usage | null {
  if (typeof value["input_tokens"] !== "number" && typeof value["output_tokens"] !== "number")
    return null;
  const cachedRead = tokenCount(value["cache_read_input_tokens"]);
  const writes = isFields(value["cache_creation"]) ? value["cache_creation"] : {};
  const cachedWriteLong = tokenCount(writes["ephemeral_1h_input_tokens"]);
  const cachedWrite = Math.max(
    tokenCount(value["cache_creation_input_tokens"]),
    cachedWriteLong + tokenCount(writes["ephemeral_5m_input_tokens"]),
  );
  const details = isFields(value["output_tokens_details"]) ? value["output_tokens_details"] : {};
  return usageOfCounts({
    input: tokenCount(value["input_tokens"]) + cachedRead + cachedWrite,
    output: value["output_tokens"],
    cachedRead,
    cachedWrite,
    cachedWriteLong,
    reasoning: details["thinking_tokens"],
    tier: tierOf(value),
    region: value["inference_geo"],
    paidCalls: paidCallsOf(value["server_tool_use"]),
  });
}

/** The tier that a client is told; null for one whose name stands for another price elsewhere than here. */
export function tierNamed({ service_tier: tier }: Fields): string | null {
  return typeof tier === "string" && tier !== "priority" ? tier : null;
}

/** `priority` is capacity bought beforehand here, not a price; fast mode has a word of its own. */
function tierOf(usage: Fields): string | null {
  if (usage["speed"] === "fast") return "fast";
  return usage["service_tier"] === "batch" ? "batch" : null;
}
