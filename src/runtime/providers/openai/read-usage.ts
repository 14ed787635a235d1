import { moneyOfDollars } from "../../../base/money.ts";
import { modelUsage, paidCallsOf, type Usage, usageOfCounts } from "../../../protocol/usage.ts";
import { isFields } from "../error-signal.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a usage object under every name that compatible servers use for cached, written, audio and reasoning tokens. `tier` is
 * what the answer around it says in `service_tier`. Null when it is no usage. Parts never exceed their whole.
 */
export function readUsage(value: unknown, tier?: unknown): Usage | null {
  if (!isFields(value)) return null;
  if (typeof value["prompt_tokens"] !== "number" && typeof value["completion_tokens"] !== "number")
    return null;
  const prompt = detailsOf(value["prompt_tokens_details"] ?? value["prompt_token_details"]);
  const completion = detailsOf(value["completion_tokens_details"]);
  return usageOfCounts({
    input: value["prompt_tokens"],
    output: value["completion_tokens"],
    cachedRead:
      prompt["cached_tokens"] ?? value["prompt_cache_hit_tokens"] ?? value["num_cached_tokens"],
    cachedWrite: prompt["cache_write_tokens"] ?? prompt["cache_creation_input_tokens"],
    reasoning: completion["reasoning_tokens"],
    audioInput: prompt["audio_tokens"],
    audioOutput: completion["audio_tokens"],
    tier,
    statedCost: moneyOfDollars(value["cost"]),
    paidCalls: paidCallsOf(value["server_tool_use"]),
  });
}

/** The usage of a whole answer or of a stream's chunk, where a relay puts it too, with the tier and the model that the answer names. */
export function readAnswerUsage(answer: Fields): Usage | null {
  const tier = answer["service_tier"];
  const relayed = isFields(answer["x_groq"]) ? answer["x_groq"]["usage"] : undefined;
  const usage = readUsage(answer["usage"], tier) ?? readUsage(relayed, tier);
  return usage === null ? null : modelUsage(usage, answer["model"]);
}

/**
 * The usage of an answer with its cached tokens under the common name, `prompt_tokens_details.cached_tokens`, where the provider
 * tells them under another alone; the very value where nothing is missing.
 */
export function withCommonUsage(answer: Fields): Fields {
  const { usage } = answer;
  if (!isFields(usage) || isFields(usage["prompt_tokens_details"])) return answer;
  const cached_tokens = readUsage(usage)?.cachedReadTokens ?? 0;
  if (cached_tokens === 0) return answer;
  return { ...answer, usage: { ...usage, prompt_tokens_details: { cached_tokens } } };
}

function detailsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}
