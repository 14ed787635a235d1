import type { ClientKey, KeyGrant } from "../../configuration/configuration.ts";
import type { KeyRecord } from "../../runtime/store/key-store.ts";
import type { KeyEntry } from "../key-book.ts";

/** A client's key as `/admin/keys` tells of it: never its secret. What is not known is null. */
export interface KeyReport {
  readonly name: string;
  readonly source: "configuration" | "made";
  /** `overridden` has the name of a key of the configuration, and opens nothing. */
  readonly state: "active" | "disabled" | "expired" | "revoked" | "overridden";
  readonly prefix: string | null;
  readonly user: string | null;
  readonly team: string | null;
  readonly tier: string | number | boolean | null;
  readonly attributes: KeyGrant["attributes"];
  readonly policy: string | null;
  readonly models: readonly string[] | null;
  readonly created: string | null;
  readonly expires: string | null;
  readonly revoked: string | null;
  /** To the minute. */
  readonly lastUsed: string | null;
  /** Until when secrets that were replaced still open it. */
  readonly oldSecretsUntil: readonly string[];
}

function isoOf(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

function grantShown({ name, user, team, attributes, policy, models }: KeyGrant) {
  const { tier = null, ...rest } = attributes;
  return { name, user, team, tier, attributes: rest, policy, models };
}

export function showConfiguredKey(key: ClientKey, nowMs: number): KeyReport {
  return {
    ...grantShown(key),
    source: "configuration",
    state: stateOf({ ...key, revokedAtMs: null }, nowMs),
    prefix: null,
    created: null,
    expires: isoOf(key.expiresAtMs),
    revoked: null,
    lastUsed: null,
    oldSecretsUntil: [],
  };
}

export function showKey(
  { key, usedAtMs }: Pick<KeyEntry, "key" | "usedAtMs">,
  isOverridden: boolean,
  nowMs: number,
): KeyReport {
  const state = stateOf(key, nowMs);
  return {
    ...grantShown(key),
    source: "made",
    state: state === "active" && isOverridden ? "overridden" : state,
    prefix: key.prefix,
    created: isoOf(key.createdAtMs),
    expires: isoOf(key.expiresAtMs),
    revoked: isoOf(key.revokedAtMs),
    lastUsed: isoOf(usedAtMs),
    oldSecretsUntil: key.secrets.flatMap(({ untilMs }) =>
      untilMs === null || untilMs <= nowMs ? [] : [new Date(untilMs).toISOString()],
    ),
  };
}

function stateOf(
  {
    revokedAtMs,
    expiresAtMs,
    disabled,
  }: Pick<KeyRecord, "revokedAtMs" | "expiresAtMs" | "disabled">,
  nowMs: number,
): KeyReport["state"] {
  if (revokedAtMs !== null) return "revoked";
  if (expiresAtMs !== null && expiresAtMs <= nowMs) return "expired";
  return disabled ? "disabled" : "active";
}
