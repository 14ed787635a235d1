import type { ResponseHead } from "./adapter.ts";
import { headerOf, longestHintMs } from "./retry-hint.ts";

/** The headers by which a provider tells of one of its rate limits; names in lower case. */
export interface RateLimit {
  /** Reads what is left. A function with the name in it, since it runs for every answer and engines make such a look-up quick. */
  readonly remaining: (headers: ResponseHead["headers"]) => string | string[] | undefined;
  readonly limit: string;
  readonly reset: string;
  /**
   * What the reset says: when the window ends and everything is back, or when a bucket that fills steadily is full. Of a bucket only
   * this much is waited for: one request, or a share of its tokens.
   */
  readonly refills: "window" | "bucket";
  readonly counts: "requests" | "tokens";
}

/** Of a bucket of tokens so much has to be back before a request is likely to fit: a twentieth. */
const tokensShare = 1 / 20;

/**
 * For how many milliseconds an answer says that nothing is left of a rate limit, the longest of several; undefined where something
 * is, or nothing is said. Asked of every answer: only a remaining 0 is looked at more closely. Numbers below 0 are no numbers, and
 * without a positive limit beside it a 0 is none either, as some servers send both where nobody counts (wire-formats §1.10).
 */
export function exhaustedMs(head: ResponseHead, limits: readonly RateLimit[]): number | undefined {
  let longest: number | undefined;
  for (const limit of limits) {
    if (limit.remaining(head.headers) !== "0") continue;
    const ms = waitOf(head, limit);
    if (ms !== undefined && ms > (longest ?? 0)) longest = ms;
  }
  return longest;
}

function waitOf(
  head: ResponseHead,
  { limit, reset, refills, counts }: RateLimit,
): number | undefined {
  const most = Number(headerOf(head, limit) ?? Number.NaN);
  const untilMs = resetMs(head, headerOf(head, reset)?.trim() ?? "");
  if (!(most > 0) || untilMs === undefined || !(untilMs > 0)) return undefined;
  const bucketPart = counts === "requests" ? Math.min(1, 1 / most) : tokensShare;
  return Math.min(longestHintMs, Math.ceil(untilMs * (refills === "window" ? 1 : bucketPart)));
}

const number = /^\d{1,15}(?:\.\d{1,9})?$/;
const durations = /^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|[hms]))+$/;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Numbers from here on are times since the epoch: in seconds, or in milliseconds. */
const epochSeconds = 1e9;
const epochMilliseconds = 1e11;

/** A reset as it is found: `6m0s`, seconds, a time since the epoch, or RFC 3339, times measured against the answer's own clock. */
function resetMs(head: ResponseHead, text: string): number | undefined {
  if (number.test(text)) {
    const value = Number(text);
    if (value < epochSeconds) return value * 1_000;
    return sinceAnswer(head, value < epochMilliseconds ? value * 1_000 : value);
  }
  if (durations.test(text)) {
    let total = 0;
    for (const [, amount = "", unit = ""] of text.matchAll(/([\d.]+)(ms|[hms])/g))
      total += Number(amount) * (unitsMs[unit] ?? 0);
    return total;
  }
  return rfc3339.test(text) ? sinceAnswer(head, Date.parse(text)) : undefined;
}

function sinceAnswer(head: ResponseHead, epochMs: number): number | undefined {
  const ms = epochMs - Date.parse(headerOf(head, "date") ?? "");
  return Number.isFinite(ms) ? ms : undefined;
}
