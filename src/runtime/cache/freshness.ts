/** How long an answer may stand, by the plan of the request that looks for it. Milliseconds. */
export interface Lifetime {
  readonly forMs: number;
  /** How long beyond that it may be served while a new one is fetched, or cannot be. */
  readonly staleMs: number;
}

/** What a client wants of the cache: it may opt out, never in. */
export interface ClientWish {
  /** Whether it takes what was kept. */
  readonly reads: boolean;
  /** Whether its answer may be kept. */
  readonly keeps: boolean;
  /** The oldest that it takes, in milliseconds; null for any. */
  readonly maxAgeMs: number | null;
}

export const anyAnswer: ClientWish = { reads: true, keeps: true, maxAgeMs: null };

/** Reads `cache-control` of a request (RFC 9111, 5.2.1). What is not known there is passed over. */
export function clientWish(header: string | undefined): ClientWish {
  if (header === undefined || header === "") return anyAnswer;
  let { reads, keeps, maxAgeMs }: ClientWish = anyAnswer;
  for (const directive of header.toLowerCase().split(",")) {
    const [name = "", value = ""] = directive.trim().split("=", 2);
    if (name === "no-store") [reads, keeps] = [false, false];
    else if (name === "no-cache") reads = false;
    else if (name === "max-age" && /^"?\d{1,12}"?$/.test(value))
      maxAgeMs = Number(value.replaceAll('"', "")) * 1000;
  }
  return { reads, keeps, maxAgeMs };
}

/**
 * The same in the words of `cache-control`, shortest: `no-cache`, `max-age=60`; null where a client wants nothing of the cache, and
 * for `no-store`.
 */
export function wordsOfWish({ reads, keeps, maxAgeMs }: ClientWish): string | null {
  if (!reads) return keeps ? "no-cache" : null;
  return maxAgeMs === null ? null : `max-age=${maxAgeMs / 1000}`;
}

/** Clocks of gateways that share answers, and a clock that is corrected, are apart by no more than so much. */
const mostApartMs = 60_000;

/** How old an answer is, in milliseconds; infinitely where it seems to come from later than now: the clock was set back, and nobody knows. */
export function ageOf(storedAtMs: number, nowMs: number): number {
  const ageMs = nowMs - storedAtMs;
  return ageMs < -mostApartMs ? Number.POSITIVE_INFINITY : Math.max(ageMs, 0);
}

/** Whether an answer of an age may stand for a new one; `stale` wants a new one fetched beside it. */
export function freshness(
  ageMs: number,
  { forMs, staleMs }: Lifetime,
  { maxAgeMs }: Pick<ClientWish, "maxAgeMs">,
): "fresh" | "stale" | "expired" {
  if (maxAgeMs !== null && ageMs > maxAgeMs) return "expired";
  if (ageMs < forMs) return "fresh";
  return ageMs < forMs + staleMs ? "stale" : "expired";
}
