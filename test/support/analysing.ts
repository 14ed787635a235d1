import type { Target } from "../../src/catalog/target.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { planDiagnostics } from "../../src/language/analysis/fallbacks.ts";
import { guardDiagnostics, judgeGuards } from "../../src/language/analysis/guards.ts";
import { trustDiagnostics } from "../../src/language/analysis/guards-trust.ts";
import type { GuardVerdict } from "../../src/language/analysis/guards-verdict.ts";
import { createSpace } from "../../src/language/analysis/space.ts";
import type { PlanDefaults } from "../../src/language/analysis/worst-case.ts";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import type { Vocabulary } from "../../src/language/checker/vocabulary.ts";
import { aTarget, checkText, vocabulary } from "./checking.ts";

/** One price for every prompt and hour, in picodollars per token: 1_000_000 is $1/M. */
export function flatPrice(input: number, output: number): Target["prices"] {
  const band = { abovePromptTokens: 0, input, output, cachedRead: input, cachedWrite: input };
  return [{ effectiveFrom: Number.NEGATIVE_INFINITY, bands: [band], batchShare: null }];
}

/** The tests' targets with prices, regions and sizes that differ. */
export const planVocabulary: Vocabulary = {
  ...vocabulary,
  targets: new Map(
    [
      ...vocabulary.targets.values(),
      aTarget("claude", { region: "us", prices: flatPrice(3_000_000, 15_000_000) }),
      aTarget("gpt", { region: "us", prices: flatPrice(1_000_000, 4_000_000) }),
      aTarget("mistral-eu", { region: "eu", prices: flatPrice(2_000_000, 6_000_000) }),
      aTarget("local-gpu", {
        region: "eu",
        local: true,
        contextTokens: 32_768,
        maxOutputTokens: 4_096,
        prices: flatPrice(0, 0),
      }),
      aTarget("nowhere", { region: null, contextTokens: null, maxOutputTokens: null }),
      aTarget("seer", {
        abilities: new Set(["tools", "json", "images"]),
        contextTokens: 1_000_000,
      }),
    ].map((target) => [target.name, target]),
  ),
};

export const planDefaults: PlanDefaults = {
  timeoutMs: 300_000,
  deadlineMs: 600_000,
  firstTokenMs: 60_000,
  retries: 1,
  maxAttempts: 6,
};

/** What the analysis of plans says of a policy text, which must be sound. */
export interface AnalysedPlans {
  readonly policy: CheckedPolicy;
  readonly verdicts: readonly GuardVerdict[];
  readonly diagnostics: readonly Diagnostic[];
}

export function analysePlans(
  text: string,
  defaults: PlanDefaults = planDefaults,
  files: Readonly<Record<string, string>> = {},
  embeddings: string | null = null,
): AnalysedPlans {
  const { policy, diagnostics } = checkText(text, files, planVocabulary);
  if (policy === null) throw new Error(diagnostics.map((each) => each.message).join("; "));
  const space = createSpace(policy, planVocabulary);
  const verdicts = judgeGuards(
    policy,
    space,
    { ...planVocabulary, cache: { embeddings } },
    defaults,
  );
  return {
    policy,
    verdicts,
    diagnostics: [
      ...guardDiagnostics(verdicts, policy),
      ...planDiagnostics(policy, space, planVocabulary, defaults),
      ...trustDiagnostics(policy),
    ],
  };
}
