import { tieredUsage, type Usage, usageOfCounts } from "../../../protocol/usage.ts";
import { isFields } from "../error-signal.ts";

/** Reads the `usage` of a response; null when it is none. Parts never exceed their whole. */
export function readResponsesUsage(value: unknown): Usage | null {
  if (!isFields(value)) return null;
  if (typeof value["input_tokens"] !== "number" && typeof value["output_tokens"] !== "number")
    return null;
  const input = detailsOf(value["input_tokens_details"]);
  const output = detailsOf(value["output_tokens_details"]);
  return usageOfCounts({
    input: value["input_tokens"],
    output: value["output_tokens"],
    cachedRead: input["cached_tokens"],
    cachedWrite: input["cache_write_tokens"],
    reasoning: output["reasoning_tokens"],
    audioInput: input["audio_tokens"],
    audioOutput: output["audio_tokens"],
  });
}

function detailsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isFields(value) ? value : {};
}

/** Usage of a whole response, under the tier that it names. */
export function usageOfResponse(response: Readonly<Record<string, unknown>>): Usage | null {
  const usage = readResponsesUsage(response["usage"]);
  return usage === null ? null : tieredUsage(usage, response["service_tier"]);
}
