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

/** What vendors hang onto a model's name to say which of its versions answered: a date, a number, `latest`. */
const version =
  /(?:@[\w.-]+|[-:]latest|-v\d+:\d+|-00\d|-20\d\d(?:-?\d\d){0,2}|-(?:0[1-9]|1[0-2])-?[0-3]\d)$/;

/** A model's name with and then without what tells its version, if it has that. */
function namesOf(model: string): readonly string[] {
  const plain = model.replace(version, "").replace(version, "");
  return plain === model || plain === "" ? [model] : [model, plain];
}

/**
 * A target by its own name, else by its model at the provider of that name, else the first that has the model. A dated name of a model is that
 * model, unless a target has the very name.
 */
function servedTarget(
  model: string,
  provider: string | null,
  { targets }: Configuration,
): string | null {
  const slash = model.indexOf("/");
  const at = provider ?? (slash > 0 ? model.slice(0, slash) : null);
  for (const name of namesOf(model)) {
    const found = namedTarget(slash > 0 ? [name, name.slice(slash + 1)] : [name], at, targets);
    if (found !== null) return found;
  }
  return null;
}

/** `ids` is the model's name, and where a provider's stands before it, the name without that. */
function namedTarget(
  ids: readonly string[],
  at: string | null,
  targets: Configuration["targets"],
): string | null {
  if (targets.has(ids[0] ?? "")) return ids[0] ?? null;
  let first: string | null = null;
  for (const id of ids) {
    for (const target of targets.values()) {
      if (target.model !== id && target.model !== `${id}-latest`) continue;
      if (target.provider === at) return target.name;
      first ??= target.name;
    }
  }
  return first;
}
