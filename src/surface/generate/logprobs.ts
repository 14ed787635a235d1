import type { Fields } from "../../protocol/conversation.ts";
import { isFields } from "../fields.ts";

/** Log probabilities of chat completions as `logprobsResult`: the chosen tokens, and the likeliest at the place of each. */
export function logprobsResult(logprobs: readonly Fields[]): Fields {
  const chosen = logprobs.map(candidateOf);
  const tops = logprobs.map(({ top_logprobs: top }) => ({
    candidates: Array.isArray(top) ? top.filter(isFields).map(candidateOf) : [],
  }));
  return {
    ...(tops.some(({ candidates }) => candidates.length > 0) ? { topCandidates: tops } : {}),
    chosenCandidates: chosen,
  };
}

function candidateOf({ token, logprob }: Fields): Fields {
  return { token, logProbability: logprob };
}
