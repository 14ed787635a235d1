import { analyse } from "../language/analysis/analyse.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { type Figure, figureOf } from "./figure.ts";
import { benchVocabulary, checkBenchPolicy, keyedPolicyText } from "./keyed-policy.ts";
import { randomPolicyText } from "./random-policy.ts";

const warmUps = 2;
const runs = 7;

/** What the whole analysis of a checked policy takes: of rules that a key tells apart, and of rules that nothing does. */
export async function analysisBench(): Promise<Figure[]> {
  return [
    figureOf({
      name: "analysis, 1,000 keyed rules",
      unit: "ms",
      values: times(keyedPolicyText(1_000)),
    }),
    figureOf({
      name: "analysis, 100 random rules",
      unit: "ms",
      values: times(randomPolicyText(100)),
    }),
  ];
}

function times(text: string): readonly number[] {
  const policy = checkBenchPolicy(text);
  for (let run = 0; run < warmUps; run += 1) timeOf(policy);
  return Array.from({ length: runs }, () => timeOf(policy));
}

function timeOf(policy: CheckedPolicy): number {
  const start = performance.now();
  analyse(policy, benchVocabulary);
  return performance.now() - start;
}
