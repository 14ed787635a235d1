import type { PriceTable } from "../../src/catalog/target.ts";
import type { Configuration } from "../../src/configuration/configuration.ts";
import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import { ownTrials } from "../../src/trials/own-trials.ts";
import { type ReadTrial, readTrials, runTrials } from "../../src/trials/run-trials.ts";
import type { TrialResult } from "../../src/trials/trial.ts";
import { aFact, aTarget, checkText, vocabulary } from "./checking.ts";

const at = (dollars: number): readonly PriceTable[] => [
  {
    effectiveFrom: Number.NEGATIVE_INFINITY,
    batchShare: null,
    bands: [
      {
        abovePromptTokens: 0,
        input: dollars * 1e6,
        output: dollars * 1e6,
        cachedRead: 0,
        cachedWrite: 0,
      },
    ],
  },
];

/** What the policies of these tests route to: the vocabulary of the checker's tests, some of it with prices. */
export const trialConfiguration: Configuration = {
  ...defaultConfiguration(),
  targets: new Map([
    ...vocabulary.targets,
    ["claude", aTarget("claude", { prices: at(3) })],
    ["gpt", aTarget("gpt", { prices: at(2) })],
    ["local-gpu", aTarget("local-gpu", { prices: at(0), region: "eu", local: true })],
  ]),
  facts: new Map([
    ...vocabulary.facts,
    ["grade", aFact("grade", { kind: "text", values: ["free", "pro"] }, { default: "free" })],
    [
      "personal",
      aFact("personal", { kind: "boolean" }, { from: ["detector.pii"], default: false }),
    ],
  ]),
};

export interface Tested {
  readonly policy: CheckedPolicy;
  readonly trials: readonly ReadTrial[];
  readonly results: readonly TrialResult[];
}

/** Checks a policy and runs its tests. */
export async function runText(text: string): Promise<Tested> {
  const { policy, tests, diagnostics } = checkText(text, {}, trialConfiguration);
  if (policy === null) throw new Error(diagnostics.map((each) => each.message).join("; "));
  const trials = await readTrials(ownTrials(tests, text), policy, trialConfiguration);
  return { policy, trials, results: runTrials(trials, policy) };
}
