import type { Core } from "../core.ts";
import type { PolicyStatus, Readiness } from "../readiness.ts";

/** A policy with the kept versions in which it had each of its hashes. */
interface PolicyReport extends PolicyStatus {
  readonly versions: readonly { readonly version: number; readonly hash: string }[];
}

/** What `/readyz` tells, and for each policy the versions one can go back to: of each hash the newest. */
export function listPolicies(
  core: Core,
  ready: Readiness,
): Omit<Readiness, "policies"> & { readonly policies: readonly PolicyReport[] } {
  const versions = core.versions.all();
  return {
    ...ready,
    policies: ready.policies.map((policy) => {
      const newest = new Map<string, number>();
      for (const { version, policies } of versions) {
        const hash = policies.get(policy.name);
        if (hash !== undefined) newest.set(hash, version);
      }
      return { ...policy, versions: [...newest].map(([hash, version]) => ({ version, hash })) };
    }),
  };
}

/** The kept versions, newest first. */
export function listVersions(core: Core): object {
  const versions = core.versions.all().map((each) => ({
    version: each.version,
    since: new Date(each.sinceEpochMs).toISOString(),
    rolledBackTo: each.rolledBackTo,
    policies: Object.fromEntries(each.policies),
  }));
  return { version: core.snapshot.version, versions: versions.reverse() };
}
