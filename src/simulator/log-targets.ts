import type { Target } from "../catalog/target.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { requestedTarget } from "../configuration/requested-target.ts";
import { withPrices } from "./replay/change-prices.ts";
import type { PriceChange } from "./replay/scenario.ts";

/** Where the requests of a log can be sent: as in the gateway, configured targets and models that a client named. */
export interface LogTargets {
  get(name: string): Target | undefined;
  /** What a client's `model` names; null when that is nothing known. */
  requested(model: unknown): Target | null;
  /** The name of the target that another gateway's log means by a model and its provider; null when it is none of them. */
  readonly served: (model: string, provider: string | null) => string | null;
}

/** Names of a log that are remembered with what they mean. */
const mostServed = 10_000;

/**
 * Makes the targets of a configuration. Grows with the models named, never beyond the catalog at its providers. `prices` change what a model
 * costs that is not configured; the configuration's own are those that hold.
 */
export function createLogTargets(
  configuration: Configuration,
  prices: readonly PriceChange[] = [],
): LogTargets {
  const { targets } = configuration;
  const named = new Map<string, Target>();
  const get = (name: string): Target | undefined => targets.get(name) ?? named.get(name);
  const meant = new Map<string, string | null>();
  return {
    get,
    served(model, provider) {
      const key = `${provider ?? ""}\n${model}`;
      let name = meant.get(key);
      if (name === undefined) {
        name = servedTarget(model, provider, configuration);
        if (meant.size < mostServed) meant.set(key, name);
      }
      return name;
    },
    requested(model) {
      if (typeof model !== "string") return null;
      const known = get(model);
      if (known !== undefined) return known;
      const found = requestedTarget(model, configuration);
      if (found === null || targets.has(found.name)) return found;
      const target = withPrices(found, prices);
      named.set(target.name, target);
      return target;
    },
  };
}

/** A target by its own name, else by its model at the provider of that name, else the first that has the model. */
function servedTarget(
  model: string,
  provider: string | null,
  { targets }: Configuration,
): string | null {
  if (targets.has(model)) return model;
  const slash = model.indexOf("/");
  const at = provider ?? (slash > 0 ? model.slice(0, slash) : null);
  const id = slash > 0 ? model.slice(slash + 1) : model;
  let first: string | null = null;
  for (const target of targets.values()) {
    if (target.model !== model && target.model !== id) continue;
    if (target.provider === at) return target.name;
    first ??= target.name;
  }
  return first;
}
