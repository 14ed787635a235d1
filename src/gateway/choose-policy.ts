import type { KeyGrant } from "../configuration/configuration.ts";
import type { ActivePolicy, Snapshot } from "./snapshot.ts";

/** What a request's `model` led to. */
export interface Choice {
  readonly policy: ActivePolicy;
  /** The target that the client itself named; null when it named none that is known and allowed. */
  readonly requested: string | null;
}

/** Whether a key may name a policy or target. */
export function mayAskFor(key: KeyGrant | null, name: string): boolean {
  return key === null || key.models === null || key.models.includes(name);
}

/**
 * Which policy runs, and which target the client named (ARCHITECTURE §4). Null when it names a policy or target that is there
 * but not for this key, which is told like one that is not there at all; and when no policy is left for it: a key never falls
 * back to one that it may not name, nor to another where its own is gone.
 */
export function choosePolicy(
  model: string,
  key: KeyGrant | null,
  snapshot: Snapshot,
): Choice | null {
  const named = snapshot.policies.get(model);
  if (named !== undefined) {
    const allowed = mayAskFor(key, model) || key?.policy === model;
    return allowed ? { policy: named, requested: null } : null;
  }
  const isOwn = key !== null && key.policy !== null;
  const policy = isOwn ? snapshot.policies.get(key.policy) : snapshot.defaultPolicy;
  if (policy === undefined) return null;
  const requested = snapshot.targets.requested(model)?.target.name ?? null;
  const mayRun =
    requested === null
      ? isOwn || mayAskFor(key, policy.name)
      : mayAskFor(key, requested) || mayAskFor(key, model);
  return mayRun ? { policy, requested } : null;
}
