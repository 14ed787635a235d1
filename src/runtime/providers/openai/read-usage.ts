import type { Usage } from "../../../protocol/usage.ts";
import { isFields } from "../error-signal.ts";

const count = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;

/**
 * Reads a usage object under every name that compatible servers use for cached, written and reasoning tokens. Null when it is
 * none. Parts never exceed their whole.
 */
export function readUsage(value: unknown): Usage | null {
  if (!isFields(value)) return null;
  if (typeof value["prompt_tokens"] !== "number" && typeof value["completion_tokens"] !== "number")
    return null;
  const prompt = detailsOf(value["prompt_tokens_details"] ?? value["prompt_token_details"]);
  const completion = detailsOf(value["completion_tokens_details"]);
  const inputTokens = count(value["prompt_tokens"]);
  const outputTokens = count(value["completion_tokens"]);
  const cachedReadTokens = Math.min(
    inputTokens,
    count(
      prompt["cached_tokens"] ?? value["prompt_cache_hit_tokens"] ?? value["num_cached_tokens"],
    ),
  );
  return {
    inputTokens,
    cachedReadTokens,
    cachedWriteTokens: Math.min(
      inputTokens - cachedReadTokens,
      count(prompt["cache_write_tokens"] ?? prompt["cache_creation_input_tokens"]),
    ),
    outputTokens,
    reasoningTokens: Math.min(outputTokens, count(completion["reasoning_tokens"])),
    estimated: false,
  };
}

function detailsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isFields(value) ? value : {};
}
