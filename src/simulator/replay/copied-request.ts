import { hashToUnit } from "../../base/hash.ts";
import { type LoggedOutcome, type LoggedRequest, untoldOutcome } from "../logged-request.ts";
import type { Arrival } from "./arrivals.ts";

/** A request that stands for traffic which the log does not have: like one of its own, but with luck of its own. */
export function copiedRequest(
  request: LoggedRequest,
  copy: number,
  base: string | number,
): LoggedRequest {
  if (copy === 0) return request;
  const { line, file, format, id, atMs, offsetMs, facts, chat, seed, usage, latency } = request;
  const outcome = (): LoggedOutcome => {
    const { cacheKey, cacheSimilarity, cacheControl, ...rest } = request.outcome();
    const { isBatch, isDeferred, mayBeDeferred } = rest;
    const asked = { cacheKey, cacheSimilarity, cacheControl };
    return { ...untoldOutcome, ...asked, isBatch, isDeferred, mayBeDeferred };
  };
  return {
    ...{ line, file, format, atMs, offsetMs, facts, chat, usage, latency, outcome },
    ...(request.answer === undefined
      ? {}
      : { answer: (most?: number) => request.answer?.(most) ?? null }),
    id: `${id}~${copy}`,
    seed: Math.floor(hashToUnit(`${base}/${seed ?? line}/${copy}`) * 4_294_967_296),
  };
}

/** The id of the request of the log that one is like; its own where it is of the log. */
export function originalId({ request, copy }: Pick<Arrival, "request" | "copy">): string {
  return copy === 0 ? request.id : request.id.slice(0, -`~${copy}`.length);
}
