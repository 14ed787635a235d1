import { catalogModels, findModel } from "../catalog/models.ts";
import type { Target } from "../catalog/target.ts";
import { targetOfModel } from "./build-targets.ts";
import type { Configuration } from "./configuration.ts";
import { sellerOf } from "./provider-kinds.ts";

/** Ids under which relays and home servers offer models of the catalog. */
const offeredIds: ReadonlySet<string> = new Set(
  catalogModels
    .filter(({ kind }) => kind === "chat")
    .flatMap(({ seller, id, aliases }) =>
      [id, ...aliases].flatMap((each) => [each, `${seller}/${each}`]),
    ),
);

/**
 * The target that a client's `model` names (ARCHITECTURE §4): one of the configuration by its name, or `provider/model`: the
 * first configured target that is just that, else the catalog's model at that provider. Null when it names none.
 */
export function requestedTarget(
  model: string,
  { targets, providers }: Pick<Configuration, "targets" | "providers">,
): Target | null {
  const named = targets.get(model);
  if (named !== undefined) return named;
  const slash = model.indexOf("/");
  const provider = providers.get(model.slice(0, Math.max(slash, 0)));
  if (provider === undefined) return null;
  const id = model.slice(slash + 1);
  for (const target of targets.values()) {
    if (target.provider === provider.name && target.model === id) return target;
  }
  const seller = sellerOf(provider.kind, provider.url);
  const isListed = seller === null ? offeredIds.has(id) : findModel(seller, id)?.kind === "chat";
  return isListed ? targetOfModel(model, provider, id) : null;
}
