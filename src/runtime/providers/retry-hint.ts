import type { ResponseHead } from "./adapter.ts";

/** Hints beyond a day are held to a day: no timer may overflow, and a target that far away is as good as gone. */
export const longestHintMs = 24 * 60 * 60 * 1000;

/**
 * Milliseconds a provider asks to wait: `retry-after-ms`, then `retry-after` (seconds, or an HTTP date measured against the
 * answer's own `date`, since clocks differ), then words in the body. Never negative, NaN or above a day; undefined without a hint.
 */
export function retryHintMs(head: ResponseHead, text: string): number | undefined {
  return fromMilliseconds(head) ?? fromRetryAfter(head) ?? fromText(text);
}

/** The first value of a header; undefined when absent. */
export function headerOf(head: ResponseHead, name: string): string | undefined {
  const value = head.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

function bounded(ms: number): number | undefined {
  if (!Number.isFinite(ms)) return undefined;
  return Math.min(longestHintMs, Math.max(0, Math.round(ms)));
}

function fromMilliseconds(head: ResponseHead): number | undefined {
  const value = headerOf(head, "retry-after-ms")?.trim() ?? "";
  return /^-?\d+(?:\.\d+)?$/.test(value) ? bounded(Number(value)) : undefined;
}

function fromRetryAfter(head: ResponseHead): number | undefined {
  const value = headerOf(head, "retry-after")?.trim() ?? "";
  if (value === "") return undefined;
  if (/^-?\d+(?:\.\d+)?$/.test(value)) return bounded(Number(value) * 1000);
  const now = Date.parse(headerOf(head, "date") ?? "");
  return /^[A-Za-z]{3},/.test(value) ? bounded(Date.parse(value) - now) : undefined;
}

const worded =
  /(?:(?:try again|retry) (?:in|after)|"retryDelay"\s*:\s*")\s*((?:\d{1,9}(?:\.\d{1,9})?(?:ms|[dhms]))+|\d{1,9}(?:\.\d{1,9})? seconds?)/i;
const unitsMs: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

function fromText(text: string): number | undefined {
  const found = worded.exec(text.slice(0, 4096))?.[1];
  if (found === undefined) return undefined;
  let total = 0;
  for (const [, amount = "", unit = ""] of found.matchAll(/([\d.]+)\s*(ms|[dhms])/gi))
    total += Number(amount) * (unitsMs[unit.toLowerCase()] ?? 0);
  return bounded(total);
}
