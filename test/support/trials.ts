import type { PriceTable } from "../../src/catalog/target.ts";
import type { Configuration } from "../../src/configuration/configuration.ts";
import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import { checkSource } from "../../src/language/service/check-source.ts";
import { ownTrials } from "../../src/trials/own-trials.ts";
import { policyTrials } from "../../src/trials/policy-trials.ts";
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

/** Reads the cases of a policy, both as texts. */
export function readCasesText(policyText: string, casesText: string) {
  const source = { file: "test.policy", text: policyText };
  const load = (): null => null;
  const { policy, tests, diagnostics } = checkSource(source, trialConfiguration, load);
  if (policy === null) throw new Error(diagnostics.map((each) => each.message).join("; "));
  const cases = { file: "test.cases.yaml", text: casesText };
  return {
    policy,
    ...policyTrials({ source, policy, tests, load }, cases, trialConfiguration),
  };
}

/** Runs the cases of a policy; throws where their file is wrong. */
export async function runCases(policyText: string, casesText: string) {
  const { policy, trials, diagnostics } = readCasesText(policyText, casesText);
  if (diagnostics.length > 0) throw new Error(diagnostics.map((each) => each.message).join("; "));
  return runTrials(await readTrials(trials, policy, trialConfiguration), policy);
}
