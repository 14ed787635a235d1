import type { Configuration } from "../configuration/configuration.ts";
import type { Log } from "../simulator/log-file.ts";
import type { LogFormat } from "../simulator/log-format.ts";
import { createLogTargets } from "../simulator/log-targets.ts";
import { speedOfTarget } from "../simulator/models/catalog-model.ts";
import { ModelFitter } from "../simulator/models/fit-models.ts";
import type { Models } from "../simulator/models/target-model.ts";
import { readInOrder } from "../simulator/order/read-in-order.ts";
import { columnsOf, withLog } from "./open-log.ts";

/** Lines after which progress is shown. */
const linesPerProgress = 512;

interface FittingOptions {
  readonly format?: LogFormat;
  readonly map?: string;
}

/** How the targets behave that a log's files name, learned by reading them once. */
export function fittedModels(
  paths: readonly string[],
  options: FittingOptions,
  configuration: Configuration,
): Promise<Models> {
  let lines = 0;
  return withLog(paths, (log, show) =>
    fitModels(log, options, configuration, () => {
      lines += 1;
      if (lines % linesPerProgress === 0) show(log.bytesRead(), lines);
    }),
  );
}

/** The same of a log's bytes; `told` is called at each line. */
export async function fitModels(
  log: Log,
  options: FittingOptions,
  configuration: Configuration,
  told: () => void = () => {},
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
  await readInOrder(log, reading, {
    request(request) {
      told();
      fitter.add(request);
    },
    skip: told,
  });
  return fitter.models();
}
