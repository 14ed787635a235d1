import {
  boundTokens,
  estimatedTokens,
  estimatedTokensOf,
  exactTokens,
} from "../extract/token-facts.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import type { LoggedRequest } from "./logged-request.ts";

/** Whether a log holds texts of a request, the prompt or the answer, and no count of their tokens. */
export function holdsUncounted(request: LoggedRequest): boolean {
  return request.format !== "records" && (lacksInput(request) || lacksOutput(request));
}

/**
 * The same request with the tokens that its texts make, as they are counted in bodies: the fact `tokens` as bounds, for a policy to cut between,
 * and the usage as estimates, which hold at any target alike. The encoder has to be loaded.
 */
export function withCountedTexts(request: LoggedRequest): LoggedRequest {
  const { facts, usage } = request;
  const body = lacksInput(request) ? bodyOfTexts(facts) : null;
  const words = lacksOutput(request) ? (request.answer?.(Number.POSITIVE_INFINITY) ?? null) : null;
  const input = body === null ? (usage?.input ?? null) : estimatedTokens(body);
  const output = words === null ? (usage?.output ?? null) : estimatedTokensOf(words);
  if (input === null && output === null) return request;
  return {
    ...request,
    facts: body === null ? facts : { ...facts, tokens: boundsOf(body) },
    usage: { input, output, served: usage?.served ?? null },
  };
}

/** The exact tokens of a prompt that a log holds as text, where only their bounds are known; null for all others. */
export function exactTokensOf(
  { format, facts }: LoggedRequest,
  pause: () => Promise<void>,
): number | Promise<number> | null {
  const body =
    format === "records" || !Array.isArray(facts?.["tokens"]) ? null : bodyOfTexts(facts);
  return body === null ? null : exactTokens(body, pause);
}

function lacksInput({ facts, usage }: LoggedRequest): boolean {
  return (
    typeof facts?.["prompt"] === "string" &&
    facts["tokens"] === undefined &&
    (usage?.input ?? null) === null
  );
}

/** Of a request that failed the answer says why. */
function lacksOutput({ answer, usage, outcome }: LoggedRequest): boolean {
  return answer !== undefined && (usage?.output ?? null) === null && outcome().ok !== false;
}

/** The texts as the messages that they were. */
function bodyOfTexts(facts: LoggedRequest["facts"]): ChatBody | null {
  const { prompt, system } = facts ?? {};
  if (typeof prompt !== "string") return null;
  const before =
    typeof system === "string" && system !== "" ? [{ role: "system", content: system }] : [];
  return { model: "", messages: [...before, { role: "user", content: prompt }] };
}

function boundsOf(body: ChatBody): number | readonly [number, number] {
  const bounds = { low: 0, high: 0 };
  boundTokens(body, bounds);
  return bounds.low === bounds.high ? bounds.low : [bounds.low, bounds.high];
}
