import type { Configuration } from "../../configuration/configuration.ts";
import type { SourceFile } from "../../diagnostics/diagnostic.ts";
import { policyTrials, type TestedPolicy } from "../../trials/policy-trials.ts";
import { readTrials, runTrials } from "../../trials/run-trials.ts";
import { trialTitle } from "../../trials/trial.ts";
import type { LoadProblem } from "./load.ts";
import { problemOf } from "./problem-of.ts";

/** More failures of one policy say nothing that these do not. */
const mostTold = 20;

/** What the tests of a policy, and the cases beside it, have against it; empty where all pass. */
export async function failingTests(
  name: string,
  tested: TestedPolicy,
  cases: SourceFile | null,
  configuration: Configuration,
): Promise<readonly LoadProblem[]> {
  const { trials, diagnostics } = policyTrials(tested, cases, configuration);
  const sources = new Map(cases === null ? [] : [[cases.file, cases.text]]);
  const wrong = diagnostics.filter(({ severity }) => severity === "error");
  if (wrong.length > 0) return wrong.map((diagnostic) => problemOf(name, diagnostic, sources));
  if (trials.length === 0) return [];
  const read = await readTrials(trials, tested.policy, configuration);
  const failed = runTrials(read, tested.policy).filter(({ ok }) => !ok);
  return failed.slice(0, mostTold).map((result): LoadProblem => {
    const rows = trials.filter((each) => each.name === result.name).length;
    const place = `${result.file}:${result.line}`;
    const summary = `${place}: the test \`${trialTitle(result, rows)}\` fails: ${result.message}`;
    return { policy: name, severity: "error", summary, text: summary };
  });
}
