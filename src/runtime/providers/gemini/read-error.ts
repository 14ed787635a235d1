import type { Fields } from "../../../protocol/conversation.ts";
import type { Failure } from "../../../protocol/failure.ts";
import type { ResponseHead } from "../adapter.ts";
import { classify } from "../classify.ts";
import { errorSignal, isFields, noSignal, parseJson } from "../error-signal.ts";
import { readErrorAnswer } from "../read-error-answer.ts";
import { longestHintMs, retryHintMs } from "../retry-hint.ts";

/** A daily quota comes back at midnight in the provider's time zone; nothing sooner than this is worth a try. */
const dailyQuotaMs = 60 * 60 * 1000;

/** Reads a non-2xx answer. */
export function readGeminiError(head: ResponseHead, bytes: Uint8Array): Failure {
  const text = new TextDecoder("utf-8").decode(bytes.subarray(0, 256 * 1024));
  return withQuota(readErrorAnswer(head, bytes), parseJson(text));
}

/** The failure that an error object inside a 200 tells of, in a list or not; null when the value is none. */
export function failureInside(value: unknown): Failure | null {
  const holder: unknown = Array.isArray(value) ? value[0] : value;
  if (!isFields(holder) || holder["error"] === undefined || holder["error"] === null) return null;
  const signal = errorSignal(holder) ?? noSignal;
  const hint = retryHintMs({ status: 200, headers: {} }, JSON.stringify(holder));
  return withQuota(classify(200, signal, hint), value);
}

/** Adds what the details of a rate limit say: the wait, and whether waiting helps at all today. */
function withQuota(failure: Failure, value: unknown): Failure {
  if (failure.cause !== "rate_limited") return failure;
  const holder: unknown = Array.isArray(value) ? value[0] : value;
  const error = isFields(holder) && isFields(holder["error"]) ? holder["error"] : {};
  const details = (Array.isArray(error["details"]) ? error["details"] : []).filter(isFields);
  const waitMs = failure.retryAfterMs ?? delayOf(details);
  if (!isUsedUp(error["message"], details))
    return waitMs === undefined ? failure : { ...failure, retryAfterMs: waitMs };
  return { ...failure, retrySame: false, retryAfterMs: Math.max(waitMs ?? 0, dailyQuotaMs) };
}

/** `retryDelay` is a protobuf duration: seconds with up to nine decimals. */
function delayOf(details: readonly Fields[]): number | undefined {
  for (const { retryDelay } of details) {
    const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(String(retryDelay))?.[1];
    if (seconds !== undefined) return Math.min(longestHintMs, Math.round(Number(seconds) * 1000));
  }
  return undefined;
}

/** A quota of a day that is used up, or a model of which the account may use nothing at all. */
function isUsedUp(message: unknown, details: readonly Fields[]): boolean {
  const violations = details.flatMap(({ violations: list }) =>
    Array.isArray(list) ? (list as readonly unknown[]).filter(isFields) : [],
  );
  return (
    /\blimit: 0\b/.test(String(message)) ||
    violations.some(({ quotaId }) => /PerDay/i.test(String(quotaId)))
  );
}
