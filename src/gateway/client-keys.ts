import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ClientKey, Secret } from "../configuration/configuration.ts";

/** Says whose key a request bears. */
export interface KeyRing {
  /**
   * The client's key; null when it has none that is known, or several that differ. A wrong key costs one digest, as a right one
   * does, however many are configured.
   */
  find(request: IncomingMessage): ClientKey | null;
  readonly empty: boolean;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The keys of a configuration, found by their digests. A key whose secret is missing opens nothing. */
export function createKeyRing(keys: readonly ClientKey[]): KeyRing {
  const known = new Map<string, { readonly key: ClientKey; readonly digest: Buffer }>();
  for (const key of keys) {
    if (key.secret.kind !== "value" || key.secret.value === "") continue;
    const print = digest(key.secret.value);
    known.set(print.toString("latin1"), { key, digest: print });
  }
  return {
    empty: keys.length === 0,
    find(request) {
      const said = saidKey(request);
      if (said === null) return null;
      const given = digest(said);
      // How long a look-up of digests takes tells nothing of the key; the comparison is the same for all that get so far.
      const found = known.get(given.toString("latin1"));
      return found !== undefined && timingSafeEqual(found.digest, given) ? found.key : null;
    },
  };
}

/** Headers that clients of other APIs than OpenAI's bear their key in. */
const plausible = /^[\x21-\x7e]{1,1024}$/;
const plainHeaders = ["x-api-key", "x-goog-api-key", "api-key"] as const;

/**
 * The key that a request bears, where its API has it: in a header, or in the address as Google's clients may; null for none. Two
 * that differ, or one that is none beside another, are null too: whoever stands before the gateway may have looked at the other.
 */
function saidKey({ headers, url = "" }: IncomingMessage): string | null {
  let said: string | null = null;
  for (const given of givenKeys(headers, url)) {
    if (!plausible.test(given) || (said !== null && said !== given)) return null;
    said = given;
  }
  return said;
}

function* givenKeys(headers: IncomingMessage["headers"], url: string): Generator<string> {
  const { authorization = "" } = headers;
  // What is no bearer's is no plausible key either, with its space.
  if (authorization !== "") yield /^Bearer +(\S.*)$/i.exec(authorization)?.[1] ?? " ";
  for (const name of plainHeaders) {
    const value = headers[name];
    if (value !== undefined && value !== "") yield String(value);
  }
  const query = url.indexOf("?");
  if (query >= 0) yield* new URLSearchParams(url.slice(query)).getAll("key");
}

/** Whether a request bears the admin key; never when none is configured. */
export function bearsAdminKey(request: IncomingMessage, adminKey: Secret | null): boolean {
  const said = request.headers["x-signalbox-admin-key"];
  if (adminKey?.kind !== "value" || adminKey.value === "" || typeof said !== "string") return false;
  return timingSafeEqual(digest(said), digest(adminKey.value));
}
