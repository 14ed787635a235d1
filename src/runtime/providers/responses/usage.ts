import { tieredUsage, type Usage } from "../../../protocol/usage.ts";
import { isFields } from "../error-signal.ts";

const count = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;

/** Reads the `usage` of a response; null when it is none. Parts never exceed their whole. */
export function readResponsesUsage(value: unknown): Usage | null {
  if (!isFields(value)) return null;
  if (typeof value["input_tokens"] !== "number" && typeof value["output_tokens"] !== "number")
    return null;
  const input = detailsOf(value["input_tokens_details"]);
  const output = detailsOf(value["output_tokens_details"]);
  const inputTokens = count(value["input_tokens"]);
  const outputTokens = count(value["output_tokens"]);
  const cachedReadTokens = Math.min(inputTokens, count(input["cached_tokens"]));
  return {
    inputTokens,
    cachedReadTokens,
    cachedWriteTokens: Math.min(inputTokens - cachedReadTokens, count(input["cache_write_tokens"])),
    outputTokens,
    reasoningTokens: Math.min(outputTokens, count(output["reasoning_tokens"])),
    estimated: false,
  };
}

function detailsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isFields(value) ? value : {};
}

/** Usage of a whole response, under the tier that it names. */
export function usageOfResponse(response: Readonly<Record<string, unknown>>): Usage | null {
  const usage = readResponsesUsage(response["usage"]);
  return usage === null ? null : tieredUsage(usage, response["service_tier"]);
}
