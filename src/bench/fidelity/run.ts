import type { StandInFailure, StandInModel } from "../../stand-in/speed.ts";
import { type Figure, figureOf } from "../figure.ts";
import { type Fidelity, measureFidelity } from "./fidelity.ts";
import type { LiveTraffic } from "./live-traffic.ts";

/** Targets by which a prediction is tried: one near and quick, one far and dear, one that takes over. */
function modelsWith(
  failureRate: number,
  failures: readonly StandInFailure[],
): LiveTraffic["models"] {
  const model = (ttftMs: number, tokensPerSecond: number): StandInModel => ({
    ...{ ttftMs, tokensPerSecond, failureRate, failures },
  });
  return { near: model(60, 300), far: model(200, 150), spare: model(120, 200) };
}

const stateful =
  "if tokens < 400 then near fallback spare with limit 20 requests per second, retry 0\n" +
  "otherwise far fallback spare with concurrency 24 or wait 2s, retry 0\n";

/**
 * A policy whose choices rest on requests alone; one with limits, turns and failures between them; and the same where targets also ask for a
 * pause now and then, after which each sends dozens of requests elsewhere: so few of these come in a run that chance alone moves its counts.
 */
export const trials: Readonly<
  Record<"stateless" | "stateful" | "with pauses", Pick<LiveTraffic, "policy" | "models">>
> = {
  stateless: {
    policy: "if tokens < 400 then near\notherwise split: 80% far, 20% spare\n",
    models: modelsWith(0, []),
  },
  stateful: { policy: stateful, models: modelsWith(0.02, ["overloaded", "server_error"]) },
  "with pauses": {
    policy: stateful,
    models: modelsWith(0.02, ["rate_limited", "overloaded", "server_error"]),
  },
};

/** Predictions of live traffic from models of its first half: how far off each figure was, in percent. */
export async function fidelityBench(quick: boolean): Promise<Figure[]> {
  const runs = quick ? 2 : 5;
  const requests = quick ? 800 : 2_400;
  const figures: Figure[] = [];
  for (const [name, trial] of Object.entries(trials)) {
    const measured: Fidelity[] = [];
    for (let run = 0; run < runs; run += 1)
      measured.push(
        await measureFidelity({ ...trial, requests, perSecond: 50, seed: `run ${run}` }),
      );
    const names = measured[0]?.rows.map((row) => row.name) ?? [];
    for (const row of names) {
      const errors = measured.flatMap(({ rows }) =>
        rows.filter((each) => each.name === row).map(({ error }) => Math.abs(error) * 100),
      );
      figures.push(figureOf({ name: `fidelity, ${name}: ${row}`, unit: "% off", values: errors }));
    }
  }
  return figures;
}
