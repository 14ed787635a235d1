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
  "if tokens < 400 then near fallback spare with limit 40 requests per second, retry 0\n" +
  "otherwise far fallback spare with concurrency 48 or wait 2s, retry 0\n";

type Trial = Pick<LiveTraffic, "policy" | "models" | "questions">;

/**
 * A policy whose choices rest on requests alone; one with limits, turns and failures between them; one that keeps answers, of questions that come
 * again; and the second where targets also ask for a pause now and then, after which each sends dozens of requests elsewhere: so few of these
 * come in a run that chance alone moves its counts.
 */
export const trials: Readonly<
  Record<"stateless" | "stateful" | "with a cache" | "with pauses", Trial>
> = {
  stateless: {
    policy: "if tokens < 400 then near\notherwise split: 80% far, 20% spare\n",
    models: modelsWith(0, []),
    questions: null,
  },
  stateful: {
    policy: stateful,
    models: modelsWith(0.02, ["overloaded", "server_error"]),
    questions: null,
  },
  "with a cache": {
    policy:
      "if tokens < 400 then near fallback spare with cache exact for 5s, retry 0\n" +
      "otherwise far fallback spare with cache exact for 10s, retry 0\n",
    models: modelsWith(0.02, ["overloaded", "server_error"]),
    questions: 800,
  },
  "with pauses": {
    policy: stateful,
    models: modelsWith(0.02, ["rate_limited", "overloaded", "server_error"]),
    questions: null,
  },
};

/** Predictions of live traffic from models of its first half: how far off each figure was, in percent. */
export async function fidelityBench(quick: boolean): Promise<Figure[]> {
  const runs = quick ? 2 : 5;
  const requests = quick ? 1_600 : 4_800;
  const figures: Figure[] = [];
  for (const [name, trial] of Object.entries(trials)) {
    const measured: Fidelity[] = [];
    for (let run = 0; run < runs; run += 1)
      measured.push(
        await measureFidelity({ ...trial, requests, perSecond: 100, seed: `run ${run}` }),
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
