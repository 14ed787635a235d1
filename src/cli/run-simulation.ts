import type { Configuration } from "../configuration/configuration.ts";
import type { Program } from "../language/program/program.ts";
import type { Log } from "../simulator/log-file.ts";
import type { LogFormat } from "../simulator/log-format.ts";
import { catalogModels } from "../simulator/models/catalog-model.ts";
import type { Models } from "../simulator/models/target-model.ts";
import { changePrices } from "../simulator/replay/change-prices.ts";
import type { ReplayOptions } from "../simulator/replay-options.ts";
import type { Report } from "../simulator/report.ts";
import { simulate } from "../simulator/simulate.ts";
import { checkedScenario } from "./check-what-if.ts";
import { economicsOf, type MoneyOptions } from "./economics-options.ts";
import { fittedModels } from "./fitted-models.ts";
import { columnsOf } from "./open-log.ts";
import { openModels } from "./open-models.ts";
import { asksReplay, factorOf, startOf, type WhatIfOptions } from "./what-if.ts";

/** The options of `simulate` that say how a log is read and replayed: plain data, so that they can go to another thread. */
export interface RunOptions extends WhatIfOptions, MoneyOptions {
  readonly format?: LogFormat;
  readonly map?: string;
  readonly seed: string;
}

export interface SimulationJob {
  /** How targets behave, in a replay; null for as the catalog says. */
  readonly models: Models | null;
  readonly log: Log;
  readonly programs: { readonly a: Program; readonly b?: Program };
  readonly configuration: Configuration;
  readonly options: RunOptions;
  readonly nowMs: number;
  readonly workers?: number;
  readonly onProgress?: (bytes: number, requests: number) => void;
  /** Told of each file that a replay had to sort. */
  readonly onSorted?: (file: string | null) => void;
}

/** Runs a log through programs as the options want it. */
export function runSimulation(job: SimulationJob): Promise<Report> {
  const { options, configuration, log, programs, nowMs, workers, onProgress, onSorted } = job;
  const replayed = replayOptions(job);
  return simulate({
    ...(replayed === null ? {} : { replay: replayed }),
    ...(workers === undefined ? {} : { workers }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(onSorted === undefined ? {} : { onSorted }),
    ...{ log, programs, nowMs, seed: options.seed, format: options.format ?? null },
    configuration: changePrices(configuration, replayed?.scenario.prices ?? []),
    map: columnsOf(options.map, configuration),
  });
}

/** Whether the options ask for a replay, in whichever words. */
export function isReplayed(options: RunOptions, configuration: Configuration): boolean {
  return asksReplay(options) || economicsOf(options, configuration) !== null;
}

/** Models of a file, else of the log itself, which is read once more for them; null for one that can be read only once. */
export async function modelsFor(
  paths: readonly string[],
  options: RunOptions,
  configuration: Configuration,
): Promise<Models | null> {
  if (options.models !== undefined) return openModels(options.models);
  return paths.includes("-") ? null : await fittedModels(paths, options, configuration);
}

/** How the options want the log replayed; null for decisions alone. */
function replayOptions({ options, configuration, models }: SimulationJob): ReplayOptions | null {
  if (!isReplayed(options, configuration)) return null;
  const economics = economicsOf(options, configuration);
  const playsLog = options.modelled !== true;
  const ofCatalog = catalogModels(configuration);
  const perSecond = factorOf("--rate", options.rate);
  const hidesOutages = perSecond !== null && (models?.outages.length ?? 0) > 0;
  return {
    ...(economics === null ? {} : { economics }),
    scenario: checkedScenario(options, configuration),
    outages: models,
    modelOf: (name) => models?.targets.get(name) ?? ofCatalog(name),
    playsLog,
    speed: factorOf("--speed", options.speed) ?? 1,
    perSecond,
    beginsAtMs: startOf(options.start),
    notPlayed: hidesOutages
      ? ["outages that the log shows: at a rate nothing comes when it came then"]
      : [],
  };
}
