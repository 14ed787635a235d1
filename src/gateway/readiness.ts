import type { ServedState } from "../runtime/servers/server-targets.ts";
import type { Core } from "./core.ts";

/** A policy as `/readyz` lists it; hash and since are null while no version of it could be served. */
export interface PolicyStatus {
  readonly name: string;
  readonly hash: string | null;
  /** ISO time from which this hash has been in force. */
  readonly since: string | null;
  readonly lastError?: string;
}

export interface TargetStatus {
  readonly name: string;
  /**
   * `broken` while it is left alone after failures. A target at a watched server is as its server is, or `absent` there; of any
   * other nothing is known, and it is `ready`.
   */
  readonly state: "ready" | "stand-in" | "broken" | ServedState;
}

/** The body of `/readyz`. */
export interface Readiness {
  readonly ready: boolean;
  readonly version: number;
  readonly configuration: { readonly file: string | null; readonly lastError?: string };
  readonly policies: readonly PolicyStatus[];
  readonly targets: readonly TargetStatus[];
}

const lastError = (text: string | undefined): { readonly lastError?: string } =>
  text === undefined ? {} : { lastError: text };

/** What the gateway serves now, and what keeps newer files from being served. */
export function readiness(core: Core): Readiness {
  const { snapshot, troubles } = core;
  const trouble = (policy: string | null): string | undefined =>
    troubles.find((each) => each.policy === policy)?.summary;
  const policies: PolicyStatus[] = [...snapshot.policies.values()].map(
    ({ name, hash, sinceEpochMs }) => ({
      ...{ name, hash, since: new Date(sinceEpochMs).toISOString() },
      ...lastError(trouble(name)),
    }),
  );
  const unserved = new Set(troubles.map(({ policy }) => policy));
  for (const name of unserved) {
    if (name === null || snapshot.policies.has(name)) continue;
    policies.push({ name, hash: null, since: null, ...lastError(trouble(name)) });
  }
  return {
    ready: !core.stopping,
    version: snapshot.version,
    configuration: { file: snapshot.configuration.file, ...lastError(trouble(null)) },
    policies,
    targets: [...snapshot.targets.configured.values()].map(({ target, standIn }) => ({
      name: target.name,
      state: standIn ? "stand-in" : standing(core, target.name),
    })),
  };
}

/** How a target that is no stand-in is now. */
export function standing({ health, servers }: Core, target: string): TargetStatus["state"] {
  if (health.breaker(target) === "open") return "broken";
  return servers.servedState(target) ?? "ready";
}
