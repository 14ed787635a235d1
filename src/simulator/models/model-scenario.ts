import { asItWas, type Scenario } from "../replay/scenario.ts";
import type { Models } from "./target-model.ts";

/**
 * What models say of times rather than of single attempts, as conditions of a replay: outages at their places after the log's first
 * request, limits of rates and, unless the log's own times are played, which hold the waiting already, places at work.
 */
export function scenarioOfModels({ outages, targets }: Models, playsLog: boolean): Scenario {
  const named = [...targets];
  return {
    ...asItWas,
    outages: outages.map(({ target, cause, fromMs, toMs }) => ({
      ...{ target, cause, forMs: toMs - fromMs },
      from: { kind: "after-start", ms: fromMs },
    })),
    throttles: named.flatMap(([target, { throttle }]) =>
      throttle === null ? [] : [{ target, perMinute: throttle.perMinute, from: null, forMs: null }],
    ),
    capacities: named.flatMap(([target, { capacity }]) =>
      capacity === null || playsLog ? [] : [{ target, slots: capacity }],
    ),
  };
}
