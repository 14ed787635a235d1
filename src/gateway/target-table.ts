import type { Target } from "../catalog/target.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { requestedTarget } from "../configuration/requested-target.ts";
import type { Metrics, TargetMeters } from "../runtime/telemetry/metrics.ts";
import type { Upstream } from "../runtime/transport/model-job.ts";
import type { CastProvider } from "./stand-ins.ts";

/** A target in force, with its provider or the stand-in that plays it. */
export interface ActiveTarget extends Upstream {
  readonly standIn: boolean;
  readonly meters: TargetMeters;
}

/** Where requests can be sent under one configuration. */
export interface TargetTable {
  /** The targets of the configuration, by name. */
  readonly configured: ReadonlyMap<string, ActiveTarget>;
  /** By its provider's name, who answers for it. */
  readonly providers: ReadonlyMap<string, CastProvider>;
  /** A configured target, or a model of the catalog that some client has named. */
  get(name: string): ActiveTarget | undefined;
  /** The same without its provider, for plans and prices. */
  readonly listed: { get(name: string): Target | undefined };
  /** What a client's `model` names; null when that is nothing known, or nobody could answer for it. */
  requested(model: string): ActiveTarget | null;
}

/** Makes the table of a configuration whose providers are cast. */
export function createTargetTable(
  configuration: Configuration,
  providers: ReadonlyMap<string, CastProvider>,
  metrics: Metrics,
): TargetTable {
  const activate = (target: Target): ActiveTarget | null => {
    const cast = providers.get(target.provider);
    if (cast === undefined || cast.provider.key?.kind === "missing") return null;
    return { target, ...cast, meters: metrics.target(target.name) };
  };
  const configured = new Map<string, ActiveTarget>();
  for (const target of configuration.targets.values()) {
    const active = activate(target);
    if (active !== null) configured.set(target.name, active);
  }
  // Grows with what clients name, but never beyond the catalog's models at the configured providers.
  const named = new Map<string, ActiveTarget>();
  const get = (name: string): ActiveTarget | undefined => configured.get(name) ?? named.get(name);
  return {
    configured,
    providers,
    get,
    listed: { get: (name) => get(name)?.target },
    requested(model) {
      const known = get(model);
      if (known !== undefined) return known;
      const target = requestedTarget(model, configuration);
      if (target === null) return null;
      const active = configured.get(target.name) ?? activate(target);
      if (active !== null && !configured.has(target.name)) named.set(target.name, active);
      return active;
    },
  };
}
