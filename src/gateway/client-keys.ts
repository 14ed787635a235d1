import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { keyPrint } from "../configuration/build-keys.ts";
import type { ClientKey, KeyGrant, Secret } from "../configuration/configuration.ts";
import type { KeyBook, KeyFault } from "./key-book.ts";

/** The keys of a configuration. */
export interface KeyRing {
  /** Whose secret has this digest (its letters latin1); what is against it; null where nobody's has. */
  find(text: string, print: Buffer, nowMs: number): KeyGrant | KeyFault | null;
  /** What a key of this name may do now, or what is against it; null where there is none. */
  grantOf(name: string, nowMs: number): KeyGrant | KeyFault | null;
  has(name: string): boolean;
  readonly empty: boolean;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The keys of a configuration, found by their digests. A key whose secret is missing opens nothing. */
export function createKeyRing(keys: readonly ClientKey[]): KeyRing {
  const named = new Map(keys.map((key) => [key.name, key]));
  const known = new Map<string, { readonly key: ClientKey; readonly digest: Buffer }>();
  for (const key of keys) {
    const print = keyPrint(key.secret);
    if (print === null) continue;
    const bytes = Buffer.from(print, "hex");
    known.set(bytes.toString("latin1"), { key, digest: bytes });
  }
  return {
    empty: keys.length === 0,
    has: (name) => named.has(name),
    find(text, print, nowMs) {
      // How long a look-up of digests takes tells nothing of the key; the comparison is the same for all that get so far.
      const found = known.get(text);
      if (found === undefined || !timingSafeEqual(found.digest, print)) return null;
      return faultOf(found.key, nowMs) ?? found.key;
    },
    grantOf(name, nowMs) {
      const key = named.get(name);
      return key === undefined ? null : (faultOf(key, nowMs) ?? key);
    },
  };
}

function faultOf({ disabled, expiresAtMs }: ClientKey, nowMs: number): KeyFault | null {
  if (expiresAtMs !== null && expiresAtMs <= nowMs) return "expired";
  return disabled ? "disabled" : null;
}

/** Both kinds of keys, with the time that they are looked at. */
export interface KnownKeys {
  readonly ring: KeyRing;
  readonly book: KeyBook;
  readonly nowMs: number;
}

/**
 * Who bears a request's key, or why it opens nothing. A wrong key costs one digest, as a right one does, however many there are.
 * Of two keys of one name that of the configuration is in force, and the one made at run time opens nothing.
 */
export function findCaller(
  request: IncomingMessage,
  { ring, book, nowMs }: KnownKeys,
): KeyGrant | KeyFault {
  const said = saidKey(request);
  if (said.kind !== "key") return said.kind;
  const print = digest(said.secret);
  const text = print.toString("latin1");
  const found = ring.find(text, print, nowMs);
  if (found !== null) return found;
  const made = book.find(text, print, nowMs) ?? "unknown";
  return typeof made === "object" && ring.has(made.name) ? "disabled" : made;
}

/** What the key of a name may do now, by the same rules; what is against it, `unknown` where it is there no longer. */
export function grantOf(name: string, { ring, book, nowMs }: KnownKeys): KeyGrant | KeyFault {
  return ring.grantOf(name, nowMs) ?? book.grantOf(name, nowMs) ?? "unknown";
}

/** Headers that clients of other APIs than OpenAI's bear their key in. */
const plausible = /^[\x21-\x7e]{1,1024}$/;
const plainHeaders = ["x-api-key", "x-goog-api-key", "api-key"] as const;

type SaidKey =
  | { readonly kind: "key"; readonly secret: string }
  | { readonly kind: "missing" | "malformed" };

/**
 * The key that a request bears, where its API has it: in a header, or in the address as Google's clients may. Two that differ, or
 * one that is none beside another, are none: whoever stands before the gateway may have looked at the other.
 */
function saidKey({ headers, url = "" }: IncomingMessage): SaidKey {
  let said: string | null = null;
  for (const given of givenKeys(headers, url)) {
    if (!plausible.test(given) || (said !== null && said !== given)) return { kind: "malformed" };
    said = given;
  }
  return said === null ? { kind: "missing" } : { kind: "key", secret: said };
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
