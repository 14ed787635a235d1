import type { FinishReason } from "../../../protocol/answer-event.ts";
import type { Failure } from "../../../protocol/failure.ts";

const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["CONTINUATION", "length"],
  ["SAFETY", "content_filter"],
  ["RECITATION", "content_filter"],
  ["BLOCKLIST", "content_filter"],
  ["PROHIBITED_CONTENT", "content_filter"],
  ["SPII", "content_filter"],
  ["IMAGE_SAFETY", "content_filter"],
  ["IMAGE_PROHIBITED_CONTENT", "content_filter"],
  ["IMAGE_RECITATION", "content_filter"],
  ["LANGUAGE", "stop"],
  ["OTHER", "stop"],
  ["NO_IMAGE", "stop"],
  ["IMAGE_OTHER", "stop"],
  ["FINISH_REASON_UNSPECIFIED", "stop"],
]);

/** Finishes of an answer that cannot be used: asking once more often gives a good one. */
const malformed: ReadonlySet<string> = new Set([
  "MALFORMED_FUNCTION_CALL",
  "MALFORMED_RESPONSE",
  "UNEXPECTED_TOOL_CALL",
  "TOO_MANY_TOOL_CALLS",
]);

/** A finish reason in OpenAI's words; unknown ones as they came. A stop after a call is a finish by calls. */
export function finishOf(native: string, called: boolean): FinishReason {
  const reason = reasons.get(native) ?? native;
  return reason === "stop" && called ? "tool_calls" : reason;
}

/** The failure that a finish reason tells of; null when it ends an answer. */
export function finishFailure(native: string): Failure | null {
  if (!malformed.has(native)) return null;
  return {
    cause: "server_error",
    retrySame: true,
    code: "upstream_bad_response",
    message: `the provider's model gave an answer that cannot be used (${native})`,
  };
}

/** A prompt that the provider would not answer. `reason` is its own word, held to what one looks like. */
export function blockedPrompt(reason: string): Failure {
  return {
    cause: "content_filtered",
    retrySame: false,
    code: "content_filter",
    message: `the provider blocked the prompt (${reason.replaceAll(/[^A-Z_]/g, "").slice(0, 40)})`,
  };
}
