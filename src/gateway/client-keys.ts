import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ClientKey, Secret } from "../configuration/configuration.ts";

/** Says whose key a request bears. */
export interface KeyRing {
  /** The client's key; null when it has none that is known. Takes as long for a wrong key as for a right one. */
  find(request: IncomingMessage): ClientKey | null;
  readonly empty: boolean;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The keys of a configuration, kept as digests. A key whose secret is missing opens nothing. */
export function createKeyRing(keys: readonly ClientKey[]): KeyRing {
  const known = keys.flatMap((key) =>
    key.secret.kind === "value" && key.secret.value !== ""
      ? [{ key, digest: digest(key.secret.value) }]
      : [],
  );
  return {
    empty: keys.length === 0,
    find(request) {
      const said = saidKey(request);
      const given = digest(said ?? "");
      let found: ClientKey | null = null;
      for (const candidate of known) {
        if (timingSafeEqual(candidate.digest, given)) found = candidate.key;
      }
      return said === null ? null : found;
    },
  };
}

/** Headers that clients of other APIs than OpenAI's bear their key in. */
const plausible = /^[\x21-\x7e]{1,1024}$/;
const plainHeaders = ["x-api-key", "x-goog-api-key", "api-key"] as const;

/** The key that a request bears, where its API has it: in a header, or in the address as Google's clients may; null for none. */
function saidKey({ headers, url = "" }: IncomingMessage): string | null {
  const bearer = /^Bearer +([\x21-\x7e]{1,1024})$/i.exec(headers.authorization ?? "");
  if (bearer !== null) return bearer[1] ?? null;
  for (const name of plainHeaders) {
    const value = headers[name];
    if (typeof value === "string" && plausible.test(value)) return value;
  }
  const query = url.indexOf("?");
  const value = query < 0 ? null : new URLSearchParams(url.slice(query)).get("key");
  return value !== null && plausible.test(value) ? value : null;
}

/** Whether a request bears the admin key; never when none is configured. */
export function bearsAdminKey(request: IncomingMessage, adminKey: Secret | null): boolean {
  const said = request.headers["x-signalbox-admin-key"];
  if (adminKey?.kind !== "value" || adminKey.value === "" || typeof said !== "string") return false;
  return timingSafeEqual(digest(said), digest(adminKey.value));
}
