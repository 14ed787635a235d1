import type { Configuration } from "../configuration/configuration.ts";
import type { LogFormat } from "../simulator/log-format.ts";
import { createLogTargets } from "../simulator/log-targets.ts";
import { speedOfTarget } from "../simulator/models/catalog-model.ts";
import { ModelFitter } from "../simulator/models/fit-models.ts";
import type { Models } from "../simulator/models/target-model.ts";
import { readLog } from "../simulator/read-log.ts";
import { columnsOf, withLog } from "./open-log.ts";

/** Lines after which progress is shown. */
const linesPerProgress = 512;

/** How the targets behave that a log names, learned by reading it once. */
export function fittedModels(
  paths: readonly string[],
  options: { readonly format?: LogFormat; readonly map?: string },
  configuration: Configuration,
): Promise<Models> {
  const targets = createLogTargets(configuration);
  const fitter = new ModelFitter((name) =>
    speedOfTarget(targets.get(name) ?? targets.requested(name) ?? { local: false }),
  );
  const reading = {
    format: options.format ?? null,
    map: columnsOf(options.map, configuration),
    facts: configuration.facts,
    targetOf: targets.served,
  };
  let lines = 0;
  return withLog(paths, async (log, show) => {
    const told = (): void => {
      lines += 1;
      if (lines % linesPerProgress === 0) show(log.bytesRead(), lines);
    };
    await readLog(log, reading, {
      request(request) {
        told();
        fitter.add(request);
      },
      skip: told,
    });
    return fitter.models();
  });
}
