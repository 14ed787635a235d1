import { modelUsage, tieredUsage, type Usage, usageOfCounts } from "../../../protocol/usage.ts";
import { isFields } from "../error-signal.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Items that are calls of the provider's own tools with a price beside the tokens; calls of other people's servers have none. */
const paidItems: ReadonlySet<unknown> = new Set([
  "web_search_call",
  "file_search_call",
  "code_interpreter_call",
  "image_generation_call",
]);

function paidCallsIn(output: unknown): number {
  if (!Array.isArray(output)) return 0;
  let calls = 0;
  for (const item of output as readonly unknown[])
    if (isFields(item) && paidItems.has(item["type"])) calls += 1;
  return calls;
}

/**
 * Reads the `usage` of a response; null when it is none. Parts never exceed their whole. Calls that are billed by themselves are
 * told by the items of the output alone.
 */
export function readResponsesUsage({ usage: value, output: items }: Fields): Usage | null {
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
    paidCalls: paidCallsIn(items),
  });
}

function detailsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** Usage of a whole response, under the tier and of the model that it names. */
export function usageOfResponse(response: Fields): Usage | null {
  const usage = readResponsesUsage(response);
  if (usage === null) return null;
  return modelUsage(tieredUsage(usage, response["service_tier"]), response["model"]);
}
