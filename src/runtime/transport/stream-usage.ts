import { estimatedUsage, type Usage } from "../../protocol/usage.ts";
import type { StreamReader } from "../providers/adapter.ts";
import type { ModelJob } from "./model-job.ts";

/**
 * What a stream has cost so far. A count of the provider's stands, but one made before the end is raised to what was seen of the
 * output; without any, both sides are estimated once there is output. Null when nothing is known to be billed.
 */
export function streamUsage(reader: Omit<StreamReader, "push">, job: ModelJob): Usage | null {
  const { usage } = reader;
  if (usage !== null && reader.finishReason !== null) return usage;
  const outputTokens = reader.outputTokens();
  if (usage !== null)
    return usage.outputTokens >= outputTokens ? usage : { ...usage, outputTokens, estimated: true };
  const inputTokens = reader.meaningful ? job.promptTokens?.() : undefined;
  if (inputTokens === undefined) return null;
  return estimatedUsage(inputTokens, outputTokens);
}
