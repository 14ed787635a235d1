import type { CacheMark, Fields, Source } from "../protocol/conversation.ts";
import { readDataUrl } from "../protocol/data-url.ts";

/** Whether a JSON value is an object and not a list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value where it is text, else null. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The value where it is a number, else null. */
export function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** The value where it is true or false, else null. */
export function flagOf(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

/** The objects that a checked field holds; empty where it is absent. */
export function listOfFields(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** A mark for the prompt's cache, in either spelling: `cache_control` or `prompt_cache_breakpoint`. */
export function cacheMarkOf(mark: unknown): CacheMark | null {
  return isFields(mark) ? { ttl: textOf(mark["ttl"]) } : null;
}

/** A `data:` URL's base64 bytes with their media type, else the address itself. */
export function sourceOfUrl(url: string): Source {
  const inline = dataUrl(url);
  return inline === null ? { kind: "url", url } : { kind: "data", ...inline };
}

/** Media type (in lower case, without parameters), letters and base64 of a `data:` URL; null for any other address. */
export function dataUrl(url: string): {
  readonly mediaType: string;
  readonly charset?: string;
  readonly data: string;
} | null {
  const read = readDataUrl(url);
  if (read === null || !read.base64) return null;
  const { mediaType, charset, start } = read;
  return {
    mediaType: mediaType === "image/jpg" ? "image/jpeg" : mediaType,
    ...(charset === null ? {} : { charset }),
    data: url.slice(start),
  };
}
