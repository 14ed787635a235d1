import type { KeyGrant } from "../configuration/configuration.ts";
import type { ApiProblem } from "../protocol/api-error.ts";
import { findCaller, grantOf, type KnownKeys } from "./client-keys.ts";
import type { Core } from "./core.ts";
import { type Exchange, refuse } from "./exchange.ts";
import type { KeyFault } from "./key-book.ts";
import { problems } from "./problems.ts";
import type { Snapshot } from "./snapshot.ts";

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
  const found = lookUp(exchange);
  if (typeof found === "object") return found;
  exchange.core.metrics.keyRefused(found);
  refuse(exchange, problems.keyRefused(found));
  return false;
}

/** What is now against the key that a request came with; null for nothing. */
export function callerRefused(exchange: Exchange): ApiProblem | null {
  const { core } = exchange;
  const found = lookUp({ ...exchange, snapshot: core.snapshot });
  if (typeof found === "object") return null;
  core.metrics.keyRefused(found);
  return problems.keyRefused(found);
}

function lookUp({ core, snapshot, request }: Exchange): KeyGrant | null | KeyFault {
  return needsKey(core, snapshot) ? findCaller(request, knownKeys(core, snapshot)) : null;
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
