import { createReadStream, readFileSync } from "node:fs";
import type { Configuration } from "../../configuration/configuration.ts";
import { readConfiguration } from "../../configuration/read.ts";
import { lower } from "../../language/graph/lower.ts";
import { compile } from "../../language/program/compile.ts";
import type { Program } from "../../language/program/program.ts";
import { checkSource } from "../../language/service/check-source.ts";
import { LatencyHistogram } from "../../simulator/latency-histogram.ts";
import { createLogTargets } from "../../simulator/log-targets.ts";
import type { LoggedRequest } from "../../simulator/logged-request.ts";
import { modelOfTarget, speedOfTarget } from "../../simulator/models/catalog-model.ts";
import { ModelFitter } from "../../simulator/models/fit-models.ts";
import type { Models } from "../../simulator/models/target-model.ts";
import { readLog } from "../../simulator/read-log.ts";
import type { ReplayReport } from "../../simulator/replay/replay-report.ts";
import { asItWas } from "../../simulator/replay/scenario.ts";
import { simulate } from "../../simulator/simulate.ts";
import { type LiveTraffic, withLiveTraffic } from "./live-traffic.ts";

/** Stands for a target where a kept answer was given. */
const cache = "the cache";

/** One figure of the second half of live traffic, and what a replay on models of the first half says of it. */
export interface FidelityRow {
  readonly name: string;
  readonly live: number;
  readonly predicted: number;
  /** Of the prediction, relative to the live figure; of counts, relative to all requests. */
  readonly error: number;
}

/** What a replay foretold of one run of traffic. */
export interface Fidelity {
  /** Requests of the second half. */
  readonly requests: number;
  readonly rows: readonly FidelityRow[];
}

/**
 * Sends traffic through a gateway, models the stand-ins on the first half of its records, and replays all of it with every answer drawn from
 * those models: the first half so that limits and health are warm, the second half to be held against what really happened.
 */
export function measureFidelity(traffic: LiveTraffic): Promise<Fidelity> {
  return withLiveTraffic(traffic, async ({ configurationFile, policyFile, decisionLog }) => {
    const configuration = configurationOf(configurationFile);
    const log = await recordsOf(decisionLog, configuration);
    const middleMs = log[log.length >> 1]?.atMs ?? 0;
    const models = modelsOf(log.slice(0, log.length >> 1), configuration);
    const predicted = await predict({ configuration, policyFile, decisionLog, models, middleMs });
    return compare(
      log.filter(({ atMs }) => (atMs ?? 0) >= middleMs),
      predicted,
    );
  });
}

/** The records by arrival. */
async function recordsOf(
  path: string,
  configuration: Configuration,
): Promise<readonly LoggedRequest[]> {
  const requests: LoggedRequest[] = [];
  const targetOf = createLogTargets(configuration).served;
  await readLog(
    createReadStream(path),
    { format: "records", map: null, facts: configuration.facts, targetOf },
    {
      request: (request) => void requests.push(request),
      skip(line, reason) {
        throw new Error(`line ${line} of the decision log: ${reason}`);
      },
    },
  );
  return requests.toSorted((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
}

function modelsOf(log: readonly LoggedRequest[], { targets }: Configuration): Models {
  const fitter = new ModelFitter((name) => {
    const target = targets.get(name);
    return speedOfTarget(target ?? { local: false });
  });
  for (const request of log) fitter.add(request);
  return fitter.models();
}

interface Predicting {
  readonly configuration: Configuration;
  readonly policyFile: string;
  readonly decisionLog: string;
  readonly models: Models;
  readonly middleMs: number;
}

async function predict(given: Predicting): Promise<ReplayReport> {
  const { configuration, policyFile, decisionLog, models, middleMs } = given;
  const report = await simulate({
    log: createReadStream(decisionLog),
    format: "records",
    programs: { a: programOf(policyFile, configuration) },
    configuration,
    seed: "fidelity",
    nowMs: middleMs,
    replay: {
      scenario: asItWas,
      outages: models,
      modelOf(name) {
        const target = configuration.targets.get(name);
        return models.targets.get(name) ?? modelOfTarget(target ?? { local: false });
      },
      ...{ playsLog: false, speed: 1, perSecond: null, countFromMs: middleMs },
    },
  });
  if (report.replay === undefined) throw new Error("it was replayed");
  return report.replay;
}

function compare(log: readonly LoggedRequest[], predicted: ReplayReport): Fidelity {
  const requests = log.length;
  const times = new LatencyHistogram();
  const answered = new Map<string, number>();
  let [cost, refused] = [0, 0];
  for (const request of log) {
    const { ok, durationMs, attempts, cost: paid } = request.outcome();
    cost += (paid ?? 0) / 1e12;
    if (ok !== true) {
      refused += 1;
      continue;
    }
    const target = attempts.at(-1)?.target ?? cache;
    answered.set(target, (answered.get(target) ?? 0) + 1);
    times.add(durationMs ?? 0);
  }
  const counted = (name: string, live: number, foretold: number): FidelityRow => ({
    ...{ name, live, predicted: foretold, error: (foretold - live) / Math.max(requests, 1) },
  });
  const measured = (name: string, live: number, foretold: number): FidelityRow => ({
    ...{ name, live, predicted: foretold, error: live === 0 ? foretold : foretold / live - 1 },
  });
  const { ok, cached, deferred } = predicted.outcomes;
  return {
    requests,
    rows: [
      ...[...answered].toSorted().map(([target, live]) => {
        const row = predicted.targets.find((each) => each.target === target);
        const foretold = target === cache ? cached : (row?.answered ?? 0);
        return counted(`answered by ${target}`, live, foretold);
      }),
      counted("not answered", refused, requests - ok - cached - deferred),
      measured("cost, dollars", cost, predicted.cost.total),
      measured("p50, ms", times.quantile(0.5) ?? 0, predicted.latency?.p50 ?? 0),
      measured("p95, ms", times.quantile(0.95) ?? 0, predicted.latency?.p95 ?? 0),
    ],
  };
}

function configurationOf(file: string): Configuration {
  const { configuration } = readConfiguration(
    { file, text: readFileSync(file, "utf8") },
    { variable: () => undefined, file: () => undefined },
  );
  if (configuration === null) throw new Error("the configuration is sound");
  return configuration;
}

function programOf(file: string, configuration: Configuration): Program {
  const text = readFileSync(file, "utf8");
  const { policy } = checkSource({ file, text }, configuration, () => null);
  if (policy === null) throw new Error("the policy is sound");
  return compile(policy, lower(policy));
}
