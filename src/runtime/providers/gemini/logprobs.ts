import type { Fields } from "../../../protocol/conversation.ts";
import { isFields } from "../error-signal.ts";

/** A `logprobsResult` as chat completions tell log probabilities: the chosen token, and the likeliest beside it. */
export function chatLogprobs(result: unknown): readonly Fields[] {
  if (!isFields(result) || !Array.isArray(result["chosenCandidates"])) return [];
  const tops: readonly unknown[] = Array.isArray(result["topCandidates"])
    ? result["topCandidates"]
    : [];
  return (result["chosenCandidates"] as readonly unknown[]).filter(isFields).map((chosen, at) => {
    const top = tops[at];
    const listed: readonly unknown[] =
      isFields(top) && Array.isArray(top["candidates"]) ? top["candidates"] : [];
    return { ...tokenOf(chosen), top_logprobs: listed.filter(isFields).map(tokenOf) };
  });
}

function tokenOf({ token, logProbability }: Fields): Fields {
  const text = String(token ?? "");
  return {
    token: text,
    logprob: typeof logProbability === "number" ? logProbability : -9999,
    bytes: [...new TextEncoder().encode(text)],
  };
}
