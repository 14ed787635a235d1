import type { CacheMark, Fields } from "../../../protocol/conversation.ts";

/** A mark for the prompt's cache, as a field to be spread; none where nothing is marked. */
export function cacheField(cache: CacheMark | null | undefined): Fields {
  if (cache === null || cache === undefined) return {};
  const ttl = takenTtl(cache.ttl);
  return { cache_control: { type: "ephemeral", ...(ttl === null ? {} : { ttl }) } };
}

const secondsBy: ReadonlyMap<string | undefined, number> = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
]);

/**
 * The lifetime that a model of this house's takes for one of any house: five minutes, or an hour for whatever is longer (wire-formats
 * §2.2). Null, which is its own choice, for none and for words that are no lifetime.
 */
export function takenTtl(ttl: string | null): "5m" | "1h" | null {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(ttl ?? "") ?? [];
  const seconds = Number(count) * (secondsBy.get(unit) ?? Number.NaN);
  if (Number.isNaN(seconds)) return null;
  return seconds > 300 ? "1h" : "5m";
}
