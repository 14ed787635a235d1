import { styleText } from "node:util";
import { type Coverage, percentOf, type TestCoverage } from "../trials/coverage.ts";
import { type MutationReport, type Survivor, scoreOf } from "../trials/mutate.ts";
import { type TrialResult, trialTitle } from "../trials/trial.ts";
import { showFacts } from "../trials/words.ts";
import { printLine, wantsColor } from "./output.ts";
import { printExplanation } from "./print-explanation.ts";

type Style = "green" | "red" | "yellow" | "bold" | "dim";

function paint(style: Style, text: string): string {
  return wantsColor(process.stdout) ? styleText(style, text, { validateStream: false }) : text;
}

/**
 * The tests of one policy: those that pass on a line each, those that fail with what came instead and why; `without` where
 * there are none.
 */
export function printResults(file: string, results: readonly TrialResult[], without: string): void {
  printLine(paint("bold", file));
  if (results.length === 0) printLine(`  ${paint("yellow", without)}`);
  for (const rows of Map.groupBy(
    results,
    ({ file: place, name }) => `${place}\n${name}`,
  ).values()) {
    const failed = rows.filter(({ ok }) => !ok);
    const [first] = rows;
    if (failed.length === 0 && first !== undefined) {
      const count = rows.length > 1 ? paint("dim", ` (${rows.length} rows)`) : "";
      printLine(`  ${paint("green", "✓")} ${first.name}${count}`);
    }
    for (const each of failed) printFailure(each, rows.length);
  }
}

function printFailure(result: TrialResult, rows: number): void {
  const { file, line, message, explanation } = result;
  printLine(
    `  ${paint("red", "✗")} ${trialTitle(result, rows)}  ${paint("dim", `${file}:${line}`)}`,
  );
  printLine(`    ${paint("red", message ?? "")}`);
  if (explanation === undefined) return;
  printLine();
  printExplanation(explanation);
  printLine();
}

/** How many tests there were and failed, and what else keeps the command from being content. */
export function printSummary(results: readonly TrialResult[], reasons: readonly string[]): void {
  const failed = results.filter(({ ok }) => !ok).length;
  const tests = `${results.length} test${results.length === 1 ? "" : "s"}`;
  printLine();
  printLine(
    failed === 0
      ? paint("green", `${tests}, none failed`)
      : paint("red", `${tests}, ${failed} failed`),
  );
  for (const reason of reasons) printLine(paint("red", reason));
}

/** Coverage by rule, then what no test touched. */
export function printCoverage(coverage: Coverage): void {
  printLine();
  printLine(`  coverage ${percentOf(coverage)} % (${coverage.covered} of ${coverage.total})`);
  const rows = [
    ...coverage.rules.map(({ rule, taken, arms }) => ({ name: rule, taken, arms })),
    ...coverage.alsos.map((arm) => ({ name: arm.also, taken: arm.taken, arms: [arm] })),
  ];
  const width = Math.max(4, ...rows.map(({ name }) => name.length));
  const head = ["rule".padEnd(width), "requests", " arms", "  tests both ways"].join("  ");
  printLine(`  ${paint("dim", head)}`);
  for (const { name, taken, arms } of rows) {
    const tests = arms.flatMap((arm) => arm.tests);
    const bothWays = tests.filter((test) => test.true > 0 && test.false > 0).length;
    const used = arms.filter((arm) => arm.taken > 0).length;
    const cells = [
      name.padEnd(width),
      String(taken).padStart(8),
      `${used}/${arms.length}`.padStart(5),
      (tests.length === 0 ? "–" : `${bothWays}/${tests.length}`).padStart(17),
    ];
    const isWhole = used === arms.length && bothWays === tests.length;
    printLine(`  ${isWhole ? cells.join("  ") : paint("yellow", cells.join("  "))}`);
  }
  for (const gap of gapsOf(coverage)) printLine(`  ${paint("yellow", gap)}`);
}

function gapsOf({ rules, alsos, guards, outcomes }: Coverage): readonly string[] {
  const arms = [...rules.flatMap((rule) => rule.arms), ...alsos];
  const tests = [...arms, ...guards].flatMap((each) => each.tests);
  const gaps = [
    ...rules.flatMap(({ rule, arms: own }) =>
      own
        .filter(({ taken }) => taken === 0)
        .map(({ line }) => `never taken: ${rule}, line ${line}`),
    ),
    ...alsos
      .filter(({ taken }) => taken === 0)
      .map(({ also, line }) => `never applied: ${also}, line ${line}`),
    ...tests.flatMap(gapOfTest),
  ];
  const unreached = outcomes.filter(({ reached }) => reached === 0).map(({ outcome }) => outcome);
  const never = unreached.length === 0 ? [] : [`never reached: ${unreached.join("; ")}`];
  return [...new Set([...gaps, ...never])];
}

function gapOfTest({ text, line, ...counts }: TestCoverage): readonly string[] {
  const missing = (["true", "false"] as const).filter((verdict) => counts[verdict] === 0);
  return missing.length === 0 ? [] : [`never ${missing.join(" nor ")}: \`${text}\`, line ${line}`];
}

/** The mutation score, and each change that no test notices with a request that would tell. */
export function printMutants(report: MutationReport): void {
  const { tried, left, killed, equivalent, survivors } = report;
  printLine();
  const counted = tried - equivalent;
  const verb = equivalent === 1 ? "decides" : "decide";
  const same = equivalent === 0 ? "" : `; ${equivalent} further ${verb} every request alike`;
  printLine(
    `  mutation score ${scoreOf(report)} % (${killed} of ${counted} changes noticed${same})`,
  );
  if (left > 0)
    printLine(
      `  ${paint("yellow", `${left} further changes were not tried: the policy has too many`)}`,
    );
  for (const survivor of survivors) printSurvivor(survivor);
}

/** Says why no change was tried. */
export function printUntried(): void {
  printLine();
  printLine(`  ${paint("yellow", "no change was tried: a test fails as it is")}`);
}

function printSurvivor(survivor: Survivor): void {
  const { what, file, line, request, requestId, original, mutant } = survivor;
  printLine(`  ${paint("yellow", "unnoticed")} ${what}  ${paint("dim", `${file}:${line}`)}`);
  const id = requestId === undefined ? "" : ` with the request id ${requestId}`;
  printLine(`    ${showFacts(request)}${id}`);
  printLine(`    now     ${original}`);
  printLine(`    changed ${mutant}`);
}
