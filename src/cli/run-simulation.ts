import type { Configuration } from "../configuration/configuration.ts";
import type { Program } from "../language/program/program.ts";
import type { Log } from "../simulator/log-file.ts";
import type { LogFormat } from "../simulator/log-format.ts";
import { catalogModels } from "../simulator/models/catalog-model.ts";
import { scenarioOfModels } from "../simulator/models/model-scenario.ts";
import { changePrices } from "../simulator/replay/change-prices.ts";
import { bothScenarios } from "../simulator/replay/read-scenario.ts";
import type { Scenario } from "../simulator/replay/scenario.ts";
import type { ReplayOptions } from "../simulator/replay-options.ts";
import type { Report } from "../simulator/report.ts";
import { simulate } from "../simulator/simulate.ts";
import { economicsOf, type MoneyOptions } from "./economics-options.ts";
import { columnsOf } from "./open-log.ts";
import { openModels } from "./open-models.ts";
import { asksReplay, factorOf, scenarioOf, type WhatIfOptions } from "./what-if.ts";

/** The options of `simulate` that say how a log is read and replayed: plain data, so that they can go to another thread. */
export interface RunOptions extends WhatIfOptions, MoneyOptions {
  readonly format?: LogFormat;
  readonly map?: string;
  readonly seed: string;
}

export interface SimulationJob {
  readonly log: Log;
  readonly programs: { readonly a: Program; readonly b?: Program };
  readonly configuration: Configuration;
  readonly options: RunOptions;
  readonly nowMs: number;
  readonly workers?: number;
  readonly onProgress?: (bytes: number, requests: number) => void;
}

/** Runs a log through programs as the options want it. */
export function runSimulation(job: SimulationJob): Promise<Report> {
  const { options, configuration, log, programs, nowMs, workers, onProgress } = job;
  const replayed = replayOptions(options, configuration);
  return simulate({
    ...(replayed === null ? {} : { replay: replayed }),
    ...(workers === undefined ? {} : { workers }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...{ log, programs, nowMs, seed: options.seed, format: options.format ?? null },
    configuration: changePrices(configuration, replayed?.scenario.prices ?? []),
    map: columnsOf(options.map, configuration),
  });
}

/** How the options want the log replayed; null for decisions alone. */
function replayOptions(options: RunOptions, configuration: Configuration): ReplayOptions | null {
  const economics = economicsOf(options, configuration);
  if (!asksReplay(options) && economics === null) return null;
  const playsLog = options.modelled !== true;
  const models = options.models === undefined ? null : openModels(options.models);
  const asked = scenarioOf(options);
  const ofCatalog = catalogModels(configuration);
  return {
    ...(economics === null ? {} : { economics }),
    scenario: models === null ? asked : withModels(asked, scenarioOfModels(models, playsLog)),
    modelOf: (name) => models?.targets.get(name) ?? ofCatalog(name),
    playsLog,
    speed: factorOf("--speed", options.speed) ?? 1,
    perSecond: factorOf("--rate", options.rate),
  };
}

/** What was asked for, under its own name, on top of what the models say. */
function withModels(asked: Scenario, modelled: Scenario): Scenario {
  return { ...bothScenarios(modelled, asked), name: asked.name };
}
