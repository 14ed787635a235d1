import type { CacheMark, Fields } from "../../../protocol/conversation.ts";

/** A mark for the prompt's cache, as a field to be spread; none where nothing is marked. */
export function cacheField(cache: CacheMark | null | undefined): Fields {
  if (cache === null || cache === undefined) return {};
  const ttl = cache.ttl === null ? {} : { ttl: cache.ttl };
  return { cache_control: { type: "ephemeral", ...ttl } };
}
