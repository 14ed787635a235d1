import type { ServerSettings } from "../configuration/configuration.ts";
import { keepTokens } from "../extract/token-facts.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { keepDigest } from "./cache-identity.ts";
import type { Surface } from "./surfaces.ts";

/** So many requests are held, with bodies up to so long: some megabytes at most. */
const mostHeld = 64;
const longestHeld = 16_384;

interface Popular {
  readonly surface: Surface;
  readonly limits: ServerSettings;
  readonly request: ModelRequest;
}

/**
 * Requests that a kept answer was given to, as they were read. What is asked again is mostly asked in the same bytes: it is not
 * read again, nor its tokens bounded, nor its digest made. Everything else about it is looked at as ever.
 */
export class PopularRequests {
  readonly #held = new Map<number, Popular>();

  /** The request that these bytes are, where it is held; null else. */
  find(surface: Surface, limits: ServerSettings, bytes: Uint8Array): ModelRequest | null {
    if (this.#held.size === 0 || bytes.length > longestHeld) return null;
    const held = this.#held.get(placeOf(bytes));
    if (held === undefined || held.surface !== surface || held.limits !== limits) return null;
    return Buffer.compare(held.request.bytes, bytes) === 0 ? held.request : null;
  }

  /** A kept answer was given to a request; `surface` and `limits` are what it was read by. */
  note(surface: Surface | null, limits: ServerSettings, request: ModelRequest): void {
    const { bytes, body } = request;
    // Of a surface that reads headers too, the same bytes may be another request.
    if (surface === null || surface.reads !== undefined || bytes.length > longestHeld) return;
    const place = placeOf(bytes);
    if (this.#held.get(place)?.request === request) return;
    for (const oldest of this.#held.keys()) {
      if (this.#held.size < mostHeld) break;
      this.#held.delete(oldest);
    }
    keepTokens(body);
    keepDigest(request);
    this.#held.set(place, { surface, limits, request });
  }

  clear(): void {
    this.#held.clear();
  }
}

/** A place for bytes, by their length and some of them: two that share one take turns in it. */
function placeOf(bytes: Uint8Array): number {
  const { length } = bytes;
  let place = length;
  for (let at = 1; at < 8; at += 1) {
    place = (Math.imul(place, 31) + (bytes[(length * at) >> 3] ?? 0)) | 0;
  }
  return place;
}
