import { tokenCount, type Usage, usageOfCounts } from "../../../protocol/usage.ts";

/**
 * Usage of the native API's last line. A prompt that was cached whole is left out of the counts, or counted as 0: it is not
 * known then, and `promptTokens` (an estimate of ours, null for none) stands in. Null where nothing was counted.
 */
export function readNativeCounts(
  line: Readonly<Record<string, unknown>>,
  promptTokens: number | null,
): Usage | null {
  if (typeof line["eval_count"] !== "number" && typeof line["prompt_eval_count"] !== "number") {
    return null;
  }
  const counted = tokenCount(line["prompt_eval_count"]);
  if (counted > 0) return usageOfCounts({ input: counted, output: line["eval_count"] });
  if (promptTokens === null) return null;
  return {
    ...usageOfCounts({ input: promptTokens, output: line["eval_count"] }),
    estimated: true,
  };
}
