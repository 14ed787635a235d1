import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { Fields } from "../../protocol/conversation.ts";
import type { Usage } from "../../protocol/usage.ts";

type Finish = Extract<AnswerEvent, { readonly kind: "finish" }>;

/** This wire's own words, which say more than those of chat completions. */
const ownReasons: ReadonlySet<unknown> = new Set([
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "RECITATION",
  "LANGUAGE",
  "OTHER",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
  "IMAGE_RECITATION",
  "IMAGE_OTHER",
  "NO_IMAGE",
]);

const reasons: ReadonlyMap<string, string> = new Map([
  ["stop", "STOP"],
  ["tool_calls", "STOP"],
  ["function_call", "STOP"],
  ["length", "MAX_TOKENS"],
  ["content_filter", "SAFETY"],
]);

/** Why a candidate ended, as this wire says it; a model that refused stopped for safety. */
export function reasonOf(finish: Finish | null, refused: boolean): string {
  if (finish === null) return refused ? "SAFETY" : "STOP";
  const { reason, native } = finish;
  if (native !== null && ownReasons.has(native)) return native;
  if (refused && reason === "stop") return "SAFETY";
  return reasons.get(reason) ?? "OTHER";
}

const tiers: ReadonlyMap<unknown, string> = new Map([
  ["default", "standard"],
  ["standard", "standard"],
  ["flex", "flex"],
  ["priority", "priority"],
]);

/** Counts as `usageMetadata`: candidates are told without what was thought. */
export function usageMetadata(usage: Usage, tier: string | null): Fields {
  const { inputTokens, outputTokens, cachedReadTokens, reasoningTokens } = usage;
  const billed = tiers.get(tier);
  return {
    promptTokenCount: inputTokens,
    ...(cachedReadTokens === 0 ? {} : { cachedContentTokenCount: cachedReadTokens }),
    candidatesTokenCount: Math.max(0, outputTokens - reasoningTokens),
    ...(reasoningTokens === 0 ? {} : { thoughtsTokenCount: reasoningTokens }),
    totalTokenCount: inputTokens + outputTokens,
    ...(billed === undefined ? {} : { serviceTier: billed }),
  };
}
