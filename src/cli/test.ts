import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { Configuration } from "../configuration/configuration.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { toJson } from "../diagnostics/to-json.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { frameState } from "../language/program/frame.ts";
import { checkSource } from "../language/service/check-source.ts";
import { casesFileOf } from "../trials/case-trials.ts";
import { type Coverage, coverageOf, percentOf } from "../trials/coverage.ts";
import { type MutationReport, mutate, scoreOf } from "../trials/mutate.ts";
import { policyTrials } from "../trials/policy-trials.ts";
import { type ReadTrial, readTrials, runTrials } from "../trials/run-trials.ts";
import type { TrialResult } from "../trials/trial.ts";
import { classifierNote } from "./classifier-note.ts";
import { exitCode, FindingsError, printError, printJson, UsageError } from "./output.ts";
import { policyFiles } from "./policy-files.ts";
import {
  printCoverage,
  printMutants,
  printResults,
  printSummary,
  printUntried,
} from "./print-trials.ts";
import { loadBeside, openWorkspace, readSource, renderAll } from "./workspace.ts";

interface TestOptions {
  readonly config?: string;
  readonly coverage?: boolean;
  readonly mutate?: boolean;
  readonly failUnder?: string;
  readonly json?: boolean;
}

/** What became of one policy's tests. */
interface TestedFile {
  readonly file: string;
  /** What to say where there are no results. */
  readonly without: string;
  /** What keeps the tests from running. */
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
  readonly results: readonly TrialResult[];
  /** What is to be said of all its results; null for nothing. */
  readonly note: string | null;
  readonly coverage: Coverage | null;
  readonly mutants: MutationReport | null;
}

/** `test FILE…`: the tests of policies and the cases beside them; exit 1 when one fails. */
export function addTest(program: Command): void {
  program
    .command("test")
    .description("run the tests of policies, and the cases beside them")
    .argument("<file...>", "policy files, or folders of them")
    .option("--coverage", "which rules, comparisons and outcomes the tests touch")
    .option("--mutate", "which small changes of the policy no test notices")
    .option(
      "--fail-under <percent>",
      "least coverage, and with --mutate least share of changes noticed",
    )
    .option("--config <file>", "the configuration")
    .option("--json", "print one JSON document")
    .action((files: string[], options: TestOptions) => run(files, options));
}

async function run(paths: readonly string[], options: TestOptions): Promise<void> {
  const least = leastOf(options);
  const files = policyFiles(paths);
  const tested: TestedFile[] = [];
  for (const file of files) tested.push(await testFile(file, options));
  const verdict = judge(tested, least);
  const note = tested.find((each) => each.note !== null)?.note ?? null;
  if (note !== null) printError(note);
  if (options.json === true) {
    printJson(toDocument(tested, verdict.ok, options));
  } else {
    for (const each of tested) printFile(each, options.mutate === true);
    printSummary(
      tested.flatMap(({ results }) => results),
      verdict.reasons,
    );
  }
  process.exitCode = verdict.ok ? exitCode.fine : exitCode.findings;
}

/** Whether a trial has a text of which neither clues nor a model told the intent. */
function leavesIntentOpen({ trial, request }: ReadTrial): boolean {
  const { given, body, operands } = trial;
  const ofIntent = operands.findIndex(({ key }) => key === "intent");
  const hasText = body !== null || typeof given["prompt"] === "string";
  if (ofIntent < 0 || !hasText || given["intent"] !== undefined) return false;
  return request.frame.state[ofIntent] === frameState.unknown;
}

interface Least {
  readonly coverage: number | null;
  readonly score: number | null;
}

/** `--fail-under` holds for whatever is measured; alone it asks for coverage. */
function leastOf({ failUnder, coverage, mutate: mutates }: TestOptions): Least {
  if (failUnder === undefined) return { coverage: null, score: null };
  const percent = Number(failUnder);
  if (failUnder.trim() === "" || !(percent >= 0 && percent <= 100)) {
    throw new UsageError(`--fail-under takes a percentage from 0 to 100, not ${failUnder}`);
  }
  return {
    coverage: coverage === true || mutates !== true ? percent : null,
    score: mutates === true ? percent : null,
  };
}

const notRun = "not run: it has errors";

async function testFile(file: string, options: TestOptions): Promise<TestedFile> {
  const nothing = { results: [], note: null, coverage: null, mutants: null };
  const broken = { ...nothing, file, without: notRun };
  let configuration: Configuration;
  try {
    ({ configuration } = openWorkspace(options.config, file));
  } catch (error) {
    if (!(error instanceof FindingsError)) throw error;
    return { ...broken, diagnostics: error.diagnostics, sources: error.sources };
  }
  const source = readSource(file);
  const checked = checkSource(source, configuration, loadBeside);
  const { kind, policy, tests, diagnostics, sources } = checked;
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (policy === null) {
    const isLibrary = kind === "library" && errors.length === 0;
    const without = isLibrary ? "a library has no rules to test" : notRun;
    return { ...broken, without, diagnostics: errors, sources };
  }
  const place = casesFileOf(file);
  const cases = existsSync(place) ? readSource(place) : null;
  if (cases !== null) sources.set(cases.file, cases.text);
  const found = policyTrials({ source, policy, tests, load: loadBeside }, cases, configuration);
  const failed = found.diagnostics.some(({ severity }) => severity === "error");
  if (failed) return { ...broken, diagnostics: found.diagnostics, sources };
  const trials = await readTrials(found.trials, policy, configuration);
  const results = runTrials(trials, policy);
  const measured = { policy, configuration, sources };
  return {
    ...{ file: source.file, diagnostics: found.diagnostics, sources, results },
    note: trials.some(leavesIntentOpen) ? classifierNote(configuration) : null,
    without: "no tests",
    ...measure(trials, results, measured, options),
  };
}

/** Coverage and mutants as far as they are asked for. */
function measure(
  trials: Awaited<ReturnType<typeof readTrials>>,
  results: readonly TrialResult[],
  {
    policy,
    configuration,
    sources,
  }: {
    readonly policy: CheckedPolicy;
    readonly configuration: Configuration;
    readonly sources: ReadonlyMap<string, string>;
  },
  { coverage, mutate: mutates, failUnder }: TestOptions,
): Pick<TestedFile, "coverage" | "mutants"> {
  const asksCoverage = coverage === true || (failUnder !== undefined && mutates !== true);
  // A change is noticed by a test that fails, which says nothing where one fails anyway.
  const mutable = mutates === true && results.every(({ ok }) => ok);
  return {
    coverage: asksCoverage ? coverageOf(trials, policy, sources) : null,
    mutants: mutable ? mutate(trials, policy, { configuration, sources }) : null,
  };
}

interface Verdict {
  readonly ok: boolean;
  /** What fails beside tests. */
  readonly reasons: readonly string[];
}

function judge(tested: readonly TestedFile[], least: Least): Verdict {
  const reasons: string[] = [];
  for (const { file, coverage, mutants } of tested) {
    const covered = coverage === null ? 100 : percentOf(coverage);
    if (least.coverage !== null && covered < least.coverage) {
      reasons.push(`${file}: coverage ${covered} % is under ${least.coverage} %`);
    }
    const score = mutants === null ? 100 : scoreOf(mutants);
    if (least.score !== null && score < least.score) {
      reasons.push(`${file}: mutation score ${score} % is under ${least.score} %`);
    }
  }
  for (const { file, diagnostics } of tested) {
    const hasError = diagnostics.some(({ severity }) => severity === "error");
    if (hasError) reasons.push(`${file}: no test was run, as it has errors`);
  }
  const failed = tested.some(({ results }) => results.some(({ ok }) => !ok));
  return { ok: !failed && reasons.length === 0, reasons };
}

function printFile(tested: TestedFile, mutates: boolean): void {
  const { file, without, diagnostics, sources, results, coverage, mutants } = tested;
  if (diagnostics.length > 0) printError(`${renderAll(diagnostics, sources, process.stderr)}\n`);
  printResults(file, results, without);
  if (coverage !== null) printCoverage(coverage);
  if (mutants !== null) printMutants(mutants);
  else if (mutates && results.some(({ ok }) => !ok)) printUntried();
}

function toDocument(tested: readonly TestedFile[], ok: boolean, options: TestOptions): object {
  const diagnostics = tested.flatMap((each) =>
    each.diagnostics.map((diagnostic) => toJson(diagnostic, each.sources)),
  );
  const coverage = tested.flatMap((each) =>
    each.coverage === null
      ? []
      : [{ file: each.file, percent: percentOf(each.coverage), ...each.coverage }],
  );
  const mutants = tested.flatMap((each) =>
    each.mutants === null
      ? []
      : [{ file: each.file, score: scoreOf(each.mutants), ...each.mutants }],
  );
  return {
    ok,
    tests: tested.flatMap(({ results }) => results),
    ...(diagnostics.length > 0 ? { diagnostics } : {}),
    ...(coverage.length > 0 ? { coverage } : {}),
    ...(options.mutate === true ? { mutants } : {}),
  };
}
