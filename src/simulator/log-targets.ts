import type { Target } from "../catalog/target.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { requestedTarget } from "../configuration/requested-target.ts";

/** Where the requests of a log can be sent: as in the gateway, configured targets and models that a client named. */
export interface LogTargets {
  get(name: string): Target | undefined;
  /** What a client's `model` names; null when that is nothing known. */
  requested(model: unknown): Target | null;
}

/** Makes the targets of a configuration. Grows with the models named, never beyond the catalog at its providers. */
export function createLogTargets(configuration: Configuration): LogTargets {
  const { targets } = configuration;
  const named = new Map<string, Target>();
  const get = (name: string): Target | undefined => targets.get(name) ?? named.get(name);
  return {
    get,
    requested(model) {
      if (typeof model !== "string") return null;
      const target = get(model) ?? requestedTarget(model, configuration);
      if (target !== null && !targets.has(target.name)) named.set(target.name, target);
      return target;
    },
  };
}
