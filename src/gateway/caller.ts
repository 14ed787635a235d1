import type { KeyGrant } from "../configuration/configuration.ts";
import { findCaller, grantOf, type KnownKeys } from "./client-keys.ts";
import type { Core } from "./core.ts";
import { type Exchange, refuse } from "./exchange.ts";
import type { KeyFault } from "./key-book.ts";
import type { Snapshot } from "./snapshot.ts";
import { problems } from "./to-response.ts";

type KeySnapshot = Pick<Snapshot, "keys" | "configuration">;

/** What says of keys what they may do now; a Core is one. */
export interface KeyHolder extends Pick<Core, "keys" | "clock"> {
  readonly snapshot: KeySnapshot;
}

/**
 * Whether requests need a key: where one is configured, where there ever was one that was made at run time, or where the
 * configuration says so. Deleting the last key opens nothing.
 */
export function needsKey({ keys }: Pick<KeyHolder, "keys">, snapshot: KeySnapshot): boolean {
  return !snapshot.keys.empty || keys.everHeld || snapshot.configuration.server.requireKeys;
}

const knownKeys = ({ keys, clock }: KeyHolder, snapshot: KeySnapshot): KnownKeys => ({
  ring: snapshot.keys,
  book: keys,
  nowMs: clock.now(),
});

/** The caller's key, null where none is needed; false after the request was refused. */
export function caller(exchange: Exchange): KeyGrant | null | false {
  const { core, snapshot, request } = exchange;
  if (!needsKey(core, snapshot)) return null;
  const found = findCaller(request, knownKeys(core, snapshot));
  if (typeof found === "object") return found;
  core.metrics.keyRefused(found);
  refuse(exchange, problems.keyRefused(found));
  return false;
}

/** Tells whether keys have changed since it was made: what was let in before, and is not yet at work, is looked at again. */
export function keysWatch(core: Core): () => boolean {
  const { snapshot, keys } = core;
  const { changes } = keys;
  return () => core.snapshot.keys !== snapshot.keys || keys.changes !== changes;
}

/** What the key may do now that an owner of batches has; null where none was and is needed, else what is against it. */
export function ownerNow(core: KeyHolder, owner: string): KeyGrant | null | KeyFault {
  const { snapshot } = core;
  if (owner === "") return needsKey(core, snapshot) ? "missing" : null;
  return grantOf(owner, knownKeys(core, snapshot));
}
