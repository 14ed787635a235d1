import type { Configuration } from "../configuration/configuration.ts";
import { catalogModels } from "../simulator/models/catalog-model.ts";
import type { Models } from "../simulator/models/target-model.ts";
import { asItWas } from "../simulator/replay/scenario.ts";
import type { ReplayOptions } from "../simulator/replay-options.ts";

/** How the records of one policy are carried out, all as it was. `models` may be of a longer log on the same clock, with other policies' records. */
export function replayOfTail(models: Models, configuration: Configuration): ReplayOptions {
  const ofCatalog = catalogModels(configuration);
  return {
    scenario: asItWas,
    modelOf: (name) => models.targets.get(name) ?? ofCatalog(name),
    outages: models,
    playsLog: true,
    speed: 1,
    perSecond: null,
  };
}
