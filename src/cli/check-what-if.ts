import type { Configuration } from "../configuration/configuration.ts";
import { requestedTarget } from "../configuration/requested-target.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { priceProblem } from "../simulator/replay/change-prices.ts";
import type { Scenario } from "../simulator/replay/scenario.ts";
import { UsageError } from "./output.ts";
import { asksReplay, factorOf, scenarioOf, startOf, type WhatIfOptions } from "./what-if.ts";

/** The scenario of options, whose names the configuration knows. Throws a UsageError for any other, and for prices that change nothing. */
export function checkedScenario(options: WhatIfOptions, configuration: Configuration): Scenario {
  const scenario = scenarioOf(options);
  const { outages, throttles, slow, prices, capacities } = scenario;
  const named = { outage: outages, throttle: throttles, slow, price: prices, capacity: capacities };
  for (const [word, items] of Object.entries(named))
    for (const { target } of items) checkName(word, target, configuration);
  const problem = priceProblem(configuration, prices);
  if (problem !== null) throw new UsageError(`price: ${problem}`);
  return scenario;
}

/** Throws a UsageError for options of a replay that are not understood, before a log is read for it. */
export function checkWhatIf(options: WhatIfOptions, configuration: Configuration): void {
  if (!asksReplay(options)) return;
  if (options.speed !== undefined && options.rate !== undefined)
    throw new UsageError(
      "--speed is of the log's own times, and --rate takes their place: name one",
    );
  factorOf("--speed", options.speed);
  factorOf("--rate", options.rate);
  startOf(options.start);
  checkedScenario(options, configuration);
}

/** A target, a provider, `*`, or a model that a client may ask for. */
function checkName(word: string, name: string, configuration: Configuration): void {
  const { targets, providers } = configuration;
  if (name === "*" || targets.has(name) || providers.has(name)) return;
  if (requestedTarget(name, configuration) !== null) return;
  const meant = didYouMean(name, [...targets.keys(), ...providers.keys()]);
  const hint = meant === null ? "" : `; did you mean \`${meant}\`?`;
  throw new UsageError(`${word} \`${name}\`: no target or provider is named so${hint}`);
}
