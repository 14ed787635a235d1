import type { Command } from "commander";
import { type Comparison, comparePolicies, type PolicyDiff } from "../language/analysis/diff.ts";
import type { DiffRegion } from "../language/analysis/diff-region.ts";
import type { LogFormat } from "../simulator/log-format.ts";
import { type LogCounts, readOperands } from "../simulator/read-operands.ts";
import { addLogOptions, columnsOf, withLog } from "./open-log.ts";
import { type OpenPolicy, openPolicy } from "./open-policy.ts";
import { exitCode, printJson, printLine, UsageError } from "./output.ts";
import { findConfiguration } from "./workspace.ts";

interface DiffOptions {
  readonly config?: string;
  readonly log?: string;
  readonly format?: LogFormat;
  readonly map?: string;
  readonly json?: boolean;
}

/** Progress is shown each time that so many requests were read. */
const requestsPerProgress = 512;

/** How much of a log each region takes, and what differs in any way. */
interface Weights extends LogCounts {
  readonly changed: number;
  /** By region. */
  readonly counts: readonly number[];
}

/** `diff A B`: which requests the second policy treats differently, exactly, with one of each kind. Exit 1 unless there are none. */
export function addDiff(program: Command): void {
  const command = program
    .command("diff")
    .description("which requests another version of a policy treats differently, with one of each")
    .argument("<before>", "a policy file")
    .argument("<after>", "another version of it")
    .option(
      "--log <log>",
      "weigh the differences by the requests of a traffic log: a file, folder or glob",
    );
  addLogOptions(command)
    .option("--config <file>", "the configuration")
    .option("--json", "print one JSON document")
    .action((before: string, after: string, options: DiffOptions) => run(before, after, options));
}

async function run(before: string, after: string, options: DiffOptions): Promise<void> {
  if (options.config === undefined) oneConfiguration(before, after);
  const [a, b] = [openPolicy(before, options.config), openPolicy(after, options.config)];
  const comparison = comparePolicies(a.policy, b.policy, a.configuration);
  const weights = options.log === undefined ? null : await weigh(comparison, a, options);
  if (options.json === true) printJson(jsonOf(comparison.diff, weights));
  else print(comparison.diff, [a.policy.name, b.policy.name], weights);
  process.exitCode = comparison.diff.equivalent === true ? exitCode.fine : exitCode.findings;
}

/** Two versions are held against each other under one configuration, or the difference would not be theirs. */
function oneConfiguration(before: string, after: string): void {
  const [a, b] = [before, after].map((file) => findConfiguration(undefined, file));
  if (a !== b) {
    throw new UsageError(
      `${before} and ${after} have different configurations beside them; name one with --config`,
    );
  }
}

async function weigh(
  { policy, regionsOf, diff }: Comparison,
  { configuration }: OpenPolicy,
  options: DiffOptions,
): Promise<Weights | null> {
  if (policy === null) return null;
  const counts = diff.regions.map(() => 0);
  let changed = 0;
  const read = await withLog([options.log ?? ""], (log, show) => {
    const map = columnsOf(options.map, configuration);
    const { format = null } = options;
    let requests = 0;
    const settings = { log, format, map, configuration, nowMs: Date.now() };
    return readOperands(policy, settings, (values) => {
      requests += 1;
      if (requests % requestsPerProgress === 0) show(log.bytesRead(), requests);
      const regions = regionsOf(values);
      for (const region of regions) counts[region] = (counts[region] ?? 0) + 1;
      if (regions.length > 0) changed += 1;
    });
  });
  return { ...read, changed, counts };
}

function jsonOf(diff: PolicyDiff, weights: Weights | null): unknown {
  if (weights === null) return diff;
  const { counts, ...log } = weights;
  const regions = diff.regions.map((region, index) => ({
    ...region,
    requests: counts[index] ?? 0,
    share: shareOf(counts[index] ?? 0, weights),
  }));
  return { ...diff, regions, log };
}

function shareOf(count: number, { requests }: Weights): number {
  return requests === 0 ? 0 : count / requests;
}

function print(diff: PolicyDiff, names: readonly string[], weights: Weights | null): void {
  const { equivalent, regions, undecided } = diff;
  const [before = "", after = ""] = names;
  const named = before === after ? ["before", "after"] : [before, after];
  if (equivalent === true) printLine("equivalent: every request has the same outcome");
  else if (equivalent === false) {
    printLine(`${regions.length} ${regions.length === 1 ? "difference" : "differences"}`);
  } else printLine("undecided: no difference was found");
  for (const [index, region] of regions.entries()) {
    printLine();
    for (const line of linesOf(region, named)) printLine(line);
    if (weights !== null) printLine(`  ${weightText(weights.counts[index] ?? 0, weights)}`);
  }
  if (undecided !== undefined) printLine(`\nnot all is decided: ${undecided}`);
  if (weights !== null) printLogFoot(weights);
}

function linesOf(
  { before, after, where, witness }: DiffRegion,
  [first = "", second = ""]: readonly string[],
): readonly string[] {
  const width = Math.max(first.length, second.length);
  const row = (name: string, { rule, outcome }: DiffRegion["before"]): string =>
    `  ${name.padEnd(width)}  ${outcome}${rule === null ? "" : `   (${rule})`}`;
  return [
    where === "" ? "every request" : where,
    row(first, before),
    row(second, after),
    `  as in --request '${JSON.stringify(witness)}'`,
  ];
}

function weightText(count: number, weights: Weights): string {
  const percent = (shareOf(count, weights) * 100).toFixed(1);
  return `${count.toLocaleString("en")} of ${weights.requests.toLocaleString("en")} logged requests (${percent} %)`;
}

function printLogFoot(weights: Weights): void {
  const { changed, skipped, missing } = weights;
  printLine(`\nin the log: ${weightText(changed, weights)} differ`);
  if (skipped > 0) printLine(`${skipped} lines could not be read`);
  for (const { fact, requests, why } of missing) {
    printLine(`${fact} is unknown for ${requests} of them: ${why}`);
  }
}
