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
      const header = request.headers.authorization;
      const said = header === undefined ? null : /^Bearer +([\x21-\x7e]{1,1024})$/i.exec(header);
      const given = digest(said?.[1] ?? "");
      let found: ClientKey | null = null;
      for (const candidate of known) {
        if (timingSafeEqual(candidate.digest, given)) found = candidate.key;
      }
      return said === null ? null : found;
    },
  };
}

/** Whether a request bears the admin key; never when none is configured. */
export function bearsAdminKey(request: IncomingMessage, adminKey: Secret | null): boolean {
  const said = request.headers["x-signalbox-admin-key"];
  if (adminKey?.kind !== "value" || adminKey.value === "" || typeof said !== "string") return false;
  return timingSafeEqual(digest(said), digest(adminKey.value));
}
