import type { Usage } from "../../protocol/usage.ts";
import { isFields } from "../providers/error-signal.ts";

/** Tokens as a package counted them: nested since version 3 of the interface, flat before. Null when it has no count. */
export function usageOf(usage: unknown): Usage | null {
  if (!isFields(usage)) return null;
  const { inputTokens, outputTokens, reasoningTokens, cachedInputTokens } = usage;
  const input = isFields(inputTokens) ? inputTokens : { total: inputTokens };
  const output = isFields(outputTokens) ? outputTokens : { total: outputTokens };
  const read = count(input["cacheRead"]) ?? count(cachedInputTokens) ?? 0;
  const written = count(input["cacheWrite"]) ?? 0;
  const plain = count(input["noCache"]);
  const inputTotal = count(input["total"]) ?? (plain === null ? null : plain + read + written);
  const outputTotal = count(output["total"]);
  if (inputTotal === null || outputTotal === null) return null;
  return {
    // Some packages of version 2 leave cached tokens out of the input.
    inputTokens: read + written > inputTotal ? inputTotal + read + written : inputTotal,
    cachedReadTokens: read,
    cachedWriteTokens: written,
    outputTokens: outputTotal,
    reasoningTokens: count(output["reasoning"]) ?? count(reasoningTokens) ?? 0,
    estimated: false,
  };
}

function count(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0
    ? Math.round(value)
    : null;
}
