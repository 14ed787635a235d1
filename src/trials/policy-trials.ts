import type { Configuration } from "../configuration/configuration.ts";
import type { Diagnostic, SourceFile } from "../diagnostics/diagnostic.ts";
import type { CheckedPolicy, CheckedTests } from "../language/checker/checked-policy.ts";
import type { SourceLoader } from "../language/checker/vocabulary.ts";
import { caseTrials } from "./case-trials.ts";
import { ownTrials } from "./own-trials.ts";
import type { Trial } from "./trial.ts";

/** A policy that checks, with the text it was read from. */
export interface TestedPolicy {
  readonly source: SourceFile;
  readonly policy: CheckedPolicy;
  readonly tests: CheckedTests;
  readonly load: SourceLoader;
}

/** All trials of a policy: its own `test` statements, then the cases beside it, whose mistakes are diagnostics. */
export function policyTrials(
  tested: TestedPolicy,
  cases: SourceFile | null,
  configuration: Configuration,
): { readonly trials: readonly Trial[]; readonly diagnostics: readonly Diagnostic[] } {
  const own = ownTrials(tested.tests, tested.source.text);
  if (cases === null) return { trials: own, diagnostics: [] };
  const beside = caseTrials(cases, tested, configuration);
  return { trials: [...own, ...beside.trials], diagnostics: beside.diagnostics };
}
