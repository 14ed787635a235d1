import type { Failure } from "../../protocol/failure.ts";
import type { ResponseHead } from "./adapter.ts";
import { classify } from "./classify.ts";
import { errorSignal, noSignal, parseJson } from "./error-signal.ts";
import { exhaustedMs, type RateLimit } from "./rate-limits.ts";
import { headerOf, retryHintMs } from "./retry-hint.ts";

/** More of an error's body says nothing new. */
const readBytes = 256 * 1024;

/**
 * Classifies a non-2xx answer of either wire; a body that is no JSON is judged by the status alone. Where a rate limit names no wait,
 * what the wire's own headers say of its limits is taken for one.
 */
export function readErrorAnswer(
  head: ResponseHead,
  bytes: Uint8Array,
  limits: readonly RateLimit[] = [],
): Failure {
  const text = new TextDecoder("utf-8").decode(bytes.subarray(0, readBytes));
  const signal = errorSignal(parseJson(text)) ?? noSignal;
  const throttledMs = head.status === 429 ? exhaustedMs(head, limits) : undefined;
  const failure = classify(head.status, signal, retryHintMs(head, text) ?? throttledMs);
  return { ...failure, retrySame: mayRetry(failure, headerOf(head, "x-should-retry")) };
}

/** The provider's own word stands above what the status says, as in its SDKs; only an account without credit stays without. */
function mayRetry({ retrySame, code }: Failure, told: string | undefined): boolean {
  if (told === "false") return false;
  return told === "true" && code !== "insufficient_quota" ? true : retrySame;
}
