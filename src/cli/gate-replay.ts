import type { Configuration } from "../configuration/configuration.ts";
import { catalogModels } from "../simulator/models/catalog-model.ts";
import type { Models } from "../simulator/models/target-model.ts";
import { readLog } from "../simulator/read-log.ts";
import { asItWas } from "../simulator/replay/scenario.ts";
import type { ReplayOptions } from "../simulator/replay-options.ts";

/**
 * How the records of one policy are carried out, all as it was. `models` may be of a longer log on the same clock, with
 * other policies' records: its outages are put where they were.
 */
export async function replayOfTail(
  lines: readonly Uint8Array[],
  models: Models,
  configuration: Configuration,
): Promise<ReplayOptions> {
  const ofCatalog = catalogModels(configuration);
  const earlierMs = (await firstMsOf(lines, configuration)) - (models.log.fromMs ?? 0);
  return {
    scenario: asItWas,
    modelOf: (name) => models.targets.get(name) ?? ofCatalog(name),
    outages: models.outages.map((outage) => ({
      ...outage,
      fromMs: outage.fromMs - earlierMs,
      toMs: outage.toMs - earlierMs,
    })),
    playsLog: true,
    speed: 1,
    perSecond: null,
  };
}

/** When the first of some records came, in milliseconds since the epoch; 0 where none tells. */
async function firstMsOf(lines: readonly Uint8Array[], { facts }: Configuration): Promise<number> {
  let firstMs = Number.POSITIVE_INFINITY;
  await readLog(
    lines,
    { format: "records", map: null, facts },
    {
      request({ atMs }) {
        firstMs = Math.min(firstMs, atMs ?? firstMs);
      },
      skip() {},
    },
  );
  return Number.isFinite(firstMs) ? firstMs : 0;
}
