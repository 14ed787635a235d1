import type { Fields } from "../../../protocol/conversation.ts";
import { tokenCount as count, type Usage, usageOfCounts } from "../../../protocol/usage.ts";
import { isFields } from "../error-signal.ts";

/** Counts so far, late ones over early ones: each chunk tells them anew, and not all of them each time. */
export function mergeCounts(early: Fields, late: Fields): Fields {
  return {
    ...early,
    ...Object.fromEntries(Object.entries(late).filter(([, value]) => value !== null)),
  };
}

/**
 * Usage in OpenAI's arithmetic: prompts of tools count as input, thinking as output. Some servers count thinking into the
 * candidates already, or leave the candidates out: the total tells (wire-formats §3.3). `searches` are billed beside the tokens.
 * Null when nothing was counted.
 */
export function usageOf(counts: Fields, searches = 0): Usage | null {
  if (counts["promptTokenCount"] === undefined && counts["totalTokenCount"] === undefined)
    return null;
  const inputTokens = count(counts["promptTokenCount"]) + count(counts["toolUsePromptTokenCount"]);
  const thoughts = count(counts["thoughtsTokenCount"]);
  const candidates = count(counts["candidatesTokenCount"]);
  const total = count(counts["totalTokenCount"]);
  const holdsThoughts = total > 0 && total === inputTokens + candidates && candidates >= thoughts;
  const told = holdsThoughts ? candidates : candidates + thoughts;
  const outputTokens =
    counts["candidatesTokenCount"] === undefined ? Math.max(told, total - inputTokens) : told;
  return usageOfCounts({
    input: inputTokens,
    output: outputTokens,
    cachedRead: counts["cachedContentTokenCount"],
    reasoning: thoughts,
    audioInput: audioIn(counts["promptTokensDetails"]),
    audioOutput: audioIn(counts["candidatesTokensDetails"]),
    paidCalls: searches,
  });
}

/** How often a candidate's answer was looked up: its questions, or one where only what was found is told. */
export function searchesOf({ groundingMetadata: found }: Fields): number {
  if (!isFields(found)) return 0;
  const { webSearchQueries: asked, groundingChunks: chunks } = found;
  if (Array.isArray(asked) && asked.length > 0) return asked.length;
  return Array.isArray(chunks) && chunks.length > 0 ? 1 : 0;
}

/** Tokens of sound among those that are told by modality. */
function audioIn(details: unknown): number {
  const told: readonly unknown[] = Array.isArray(details) ? details : [];
  const sounds = told.filter(isFields).filter(({ modality }) => modality === "AUDIO");
  return sounds.reduce((sum, { tokenCount }) => sum + count(tokenCount), 0);
}

const tiers: ReadonlyMap<unknown, string> = new Map([
  ["standard", "default"],
  ["flex", "flex"],
  ["priority", "priority"],
]);

/** The tier that was billed, in OpenAI's words; null when not told. */
export function tierOf(counts: Fields): string | null {
  const tier = counts["serviceTier"];
  if (typeof tier !== "string") return null;
  return tiers.get(tier.toLowerCase()) ?? tier;
}
