import type { Target } from "../../catalog/target.ts";
import { levels, type Quantiles } from "./quantiles.ts";
import type { SpeedModel, TargetModel } from "./target-model.ts";

/** What is assumed of a target where neither a log nor the configuration says how fast it is: one's own starts sooner and speaks slower. */
const assumed = {
  local: { firstTokenMs: 60, tokensPerSecond: 45 },
  remote: { firstTokenMs: 400, tokensPerSecond: 80 },
} as const;

/** How widely single answers spread around the usual: one in twenty takes half as long again or more, and none three times. */
const spread = 0.25;
const ratios: Quantiles = levels.map((level) => {
  const share = Math.min(Math.max(level, 0.0025), 0.9975);
  return Number(((share / (1 - share)) ** (spread / Math.sqrt(3))).toPrecision(4));
});

/** How fast a target is by its configuration and the catalog, or else as one of its sort. */
export function speedOfTarget({ local, speed }: Pick<Target, "local" | "speed">): SpeedModel {
  const usual = local ? assumed.local : assumed.remote;
  const output = positive(speed?.output) ?? usual.tokensPerSecond;
  const prompt = positive(speed?.prompt);
  return {
    firstToken: {
      baseMs: usual.firstTokenMs,
      perTokenMs: prompt === null ? 0 : 1_000 / prompt,
      ratios,
    },
    rest: { baseMs: 0, perTokenMs: 1_000 / output, ratios },
    together: 0,
  };
}

/** The model of a target that no log tells of: its speed, and no failures. */
export function modelOfTarget(
  target: Pick<Target, "local" | "speed" | "runningCost">,
): TargetModel {
  return {
    ...speedOfTarget(target),
    ...{ attempts: 0, answers: 0, usual: null, silent: 0, failures: [], breaks: [] },
    capacity: target.runningCost?.slots ?? null,
    throttle: null,
  };
}

function positive(value: number | null | undefined): number | null {
  return value === null || value === undefined || value <= 0 ? null : value;
}

/** The models of targets by name, each made once; one that nobody knows is as others elsewhere. */
export function catalogModels({
  targets,
}: {
  readonly targets: ReadonlyMap<string, Target>;
}): (name: string) => TargetModel {
  const made = new Map<string, TargetModel>();
  return (name) => {
    let model = made.get(name);
    if (model === undefined) {
      model = modelOfTarget(targets.get(name) ?? { local: false });
      made.set(name, model);
    }
    return model;
  };
}
