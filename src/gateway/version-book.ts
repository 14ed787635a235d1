import type { Configuration, Provider } from "../configuration/configuration.ts";
import type { ReadyLoad } from "./reload/reloader.ts";
import type { Snapshot } from "./snapshot.ts";

/** A version of configuration and policies that was in force, with what it takes to put it there again. */
export interface Version {
  readonly version: number;
  readonly sinceEpochMs: number;
  /** The version that it repeats, the whole of it or one policy; null where it came from the files. */
  readonly rolledBackTo: number | null;
  /** Hashes by policy. */
  readonly policies: ReadonlyMap<string, string>;
  readonly load: ReadyLoad;
}

/** What is to be in force again: a version as a whole, or one policy of it. */
export interface Rollback {
  readonly version: number;
  readonly policy: string | null;
  /** The version that has to be in force still; null for any. */
  readonly ifVersion: number | null;
}

/** Why a rollback cannot be. */
export type RollbackProblem =
  | "not-kept"
  | "no-such-policy"
  /** A single policy was checked under another configuration than the one in force. */
  | "other-configuration"
  | "version-changed";

/** How many versions are kept, the one in force included. */
const mostVersions = 10;

/** The last versions that were in force, newest last. Kept in memory only. */
export class VersionBook {
  readonly #versions: Version[] = [];

  keep(
    { version, policies }: Snapshot,
    load: ReadyLoad,
    sinceEpochMs: number,
    rolledBackTo: number | null,
  ): void {
    const hashes = new Map([...policies.values()].map(({ name, hash }) => [name, hash]));
    this.#versions.push({ version, sinceEpochMs, rolledBackTo, policies: hashes, load });
    if (this.#versions.length > mostVersions) this.#versions.shift();
  }

  all(): readonly Version[] {
    return this.#versions;
  }

  /** The load that puts a version, or one policy of it, in force again over what is in force now; or why there is none. */
  loadOf({ version, policy, ifVersion }: Rollback): ReadyLoad | RollbackProblem {
    const wanted = this.#versions.find((each) => each.version === version);
    const now = this.#versions.at(-1);
    if (now === undefined || (ifVersion !== null && ifVersion !== now.version))
      return "version-changed";
    if (wanted === undefined) return "not-kept";
    return policy === null ? whole(wanted.load, now.load) : single(policy, wanted.load, now.load);
  }
}

function whole(then: ReadyLoad, now: ReadyLoad): ReadyLoad {
  const policies = then.policies.map(({ bundle }) => ({
    bundle,
    program: then.programs.get(bundle.name) ?? null,
  }));
  const configuration =
    then.print === now.print
      ? now.configuration
      : withKeysOfNow(then.configuration, now.configuration);
  return { ...then, policies, configuration };
}

function single(name: string, then: ReadyLoad, now: ReadyLoad): ReadyLoad | RollbackProblem {
  const wanted = then.policies.find(({ bundle }) => bundle.name === name);
  const program = then.programs.get(name);
  if (wanted === undefined || program === undefined) return "no-such-policy";
  if (then.print !== now.print) return "other-configuration";
  const restored = { bundle: wanted.bundle, program };
  const policies = now.policies.map(({ bundle }) =>
    bundle.name === name ? restored : { bundle, program: null },
  );
  return {
    ...now,
    policies: now.programs.has(name) ? policies : [...policies, restored],
    programs: new Map([...now.programs, [name, program]]),
  };
}

/** A configuration of before without its secrets of before: no revoked key opens anything again, and rotated ones stay rotated. */
function withKeysOfNow(then: Configuration, now: Configuration): Configuration {
  const rotated = (provider: Provider): Provider => {
    const key = now.providers.get(provider.name)?.key;
    return key != null && key.from === provider.key?.from ? { ...provider, key } : provider;
  };
  const providers = new Map([...then.providers].map(([name, each]) => [name, rotated(each)]));
  const { keys, adminKey } = now;
  // Nor does a gateway that wants keys open to all again.
  const server = { ...then.server, requireKeys: now.server.requireKeys };
  return { ...then, providers, keys, adminKey, server };
}
