import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { lower } from "../language/graph/lower.ts";
import { compile } from "../language/program/compile.ts";
import type { Program } from "../language/program/program.ts";
import type { EconomicsReport } from "../simulator/economics/economics-report.ts";
import { brokenConditions, judgeReport } from "../simulator/fail-if.ts";
import { orderNote } from "../simulator/replay/not-played.ts";
import type { Report } from "../simulator/report.ts";
import { sweepForms } from "../simulator/sweep/read-sweep.ts";
import { checkWhatIf } from "./check-what-if.ts";
import { printDescribed } from "./describe-log.ts";
import { wholeEconomics } from "./economics.ts";
import { addEconomics, checkWaits } from "./economics-options.ts";
import { conditionsOf, failIfHelp, figuresHelp, several } from "./fail-if.ts";
import { logArgument } from "./log-files.ts";
import { addLogOptions, formatHelp, withLog } from "./open-log.ts";
import { type OpenPolicy, openPolicy } from "./open-policy.ts";
import { inOrderOfTime } from "./order-files.ts";
import { exitCode, printError, printJson, UsageError } from "./output.ts";
import { isReplayed, modelsFor, type RunOptions, runSimulation } from "./run-simulation.ts";
import { sweepLog } from "./sweep.ts";
import { refuseStdin, type VariantRun } from "./variants.ts";
import { addWhatIf } from "./what-if.ts";
import { checkReportOptions, type ReportOptions, writeReport } from "./write-report.ts";

interface SimulateOptions extends RunOptions, ReportOptions {
  readonly policy?: string;
  readonly against?: string;
  readonly describe?: boolean;
  readonly config?: string;
  readonly sweep?: string;
  readonly sweepRule?: string;
  readonly workers?: string;
  readonly failIf?: readonly string[];
}

const examples = `
For example:
  signalbox simulate last-week.jsonl --policy new.policy
      what last week would have cost under it, and where it would have gone
  signalbox simulate last-week.jsonl --policy old.policy --against new.policy
      what would change, with an example of each change
  signalbox simulate last-week.jsonl --policy new.policy --outage claude@10:00+20m
      who takes over while claude is down, at what cost and how slow

The reference is operations/SIMULATE.md.
`;

/** `simulate LOG --policy A [--against B]`: what a policy would have done with logged traffic, without a call. */
export function addSimulate(program: Command): void {
  const command = program
    .command("simulate")
    .description("replay a traffic log against a policy, without a call")
    .argument("<log...>", logArgument)
    .option("--policy <file>", "the policy")
    .option("--against <file>", "another policy: what would change")
    .option("--describe", "say what the log holds, and with --policy which facts it lacks");
  addEconomics(addWhatIf(addLogOptions(command)))
    .option(
      "--sweep <range>",
      `run each value of a threshold, or of a word of a scenario (${sweepForms.join("; ")})`,
    )
    .option("--sweep-rule <name>", "the rule whose threshold it is, by name or line")
    .option("--workers <number>", "threads, as many as cores for large logs and sweeps")
    .option("--seed <seed>", "what random choices are drawn from where the log has no seed", "0")
    .option("--config <file>", "the configuration")
    .option("--fail-if <condition>", failIfHelp, several)
    .option("--json", "print one JSON document")
    .option("--markdown <file>", "write the report as Markdown, for a pull request; - for stdout")
    .option("--html <file>", "write the report as one page with charts that needs nothing else")
    .addHelpText("after", `${examples}${formatHelp}`)
    .addHelpText("after", figuresHelp)
    .action((log: readonly string[], options: SimulateOptions) => run(log, options));
}

async function run(log: readonly string[], options: SimulateOptions): Promise<void> {
  if (options.describe === true) {
    const { failIf, markdown, html } = options;
    if (failIf !== undefined)
      throw new UsageError("--fail-if is about what a policy does, and --describe about the log");
    if (markdown === undefined && html === undefined) return await printDescribed(log, options);
    throw new UsageError(
      "--describe looks at the log alone; --markdown and --html are of a policy",
    );
  }
  if (options.policy === undefined) {
    throw new UsageError(
      "--policy names the policy to replay the log against; --describe looks at the log alone",
    );
  }
  checkReportOptions(options);
  const a = openPolicy(options.policy, options.config);
  const b = options.against === undefined ? null : openPolicy(options.against, options.config);
  checkWhatIf(options, a.configuration);
  checkWaits(options, b === null ? [a.policy] : [a.policy, b.policy]);
  const { policy, sweep } = options;
  if (sweep === undefined) await runOnce(log, { a, b }, options);
  else if (b !== null) throw new UsageError("--sweep takes one policy: leave --against out");
  else if (options.failIf !== undefined)
    throw new UsageError("--fail-if judges one run, and --sweep makes many");
  else {
    const workers = workersFor(options, Number.POSITIVE_INFINITY);
    await sweepLog(log, a, { ...options, policy, sweep, workers, nowMs: Date.now() });
  }
}

interface Policies {
  readonly a: OpenPolicy;
  readonly b: OpenPolicy | null;
}

async function runOnce(
  named: readonly string[],
  { a, b }: Policies,
  options: SimulateOptions,
): Promise<void> {
  const { configuration } = a;
  if (options.p95 !== undefined) refuseStdin(named);
  const replay = isReplayed(options, configuration);
  const paths = replay ? await inOrderOfTime(named, options, configuration) : named;
  const conditions = conditionsOf({ ...options, replay }, configuration);
  const models = replay ? await modelsFor(paths, options, configuration) : null;
  const common = { paths, configuration, options, models, nowMs: Date.now() };
  const decided = await runLog({ a, b }, common);
  const economics = await economicsIn(decided, b ?? a, common);
  const report = economics === null ? decided : { ...decided, economics };
  const gate = conditions.length === 0 ? null : judgeReport(report, conditions);
  const broken = gate === null ? [] : brokenConditions(gate, conditions);
  if (options.json === true) printJson(gate === null ? report : { ...report, gate });
  else
    for (const { line, reason, file } of report.skippedLines)
      printError(`${file ?? paths.join(" ")}:${line}: skipped: ${reason}`);
  const wrongOrder = orderNote({ requests: report.requests, late: report.replay?.late ?? 0 });
  if (wrongOrder !== null) printError(wrongOrder);
  const names = { policy: a.policy.name, against: b?.policy.name ?? null };
  writeReport(report, names, { ...options, broken });
  process.exitCode = broken.length > 0 ? exitCode.findings : exitCode.fine;
  for (const each of broken) printError(`failed: ${each}`);
}

/** What a report says of money, with what takes further replays; null where it was not asked for. */
async function economicsIn(
  { economics }: Report,
  policy: OpenPolicy,
  run: VariantRun & { readonly options: SimulateOptions },
): Promise<EconomicsReport | null> {
  if (economics === undefined) return null;
  const workers = workersFor(run.options, Number.POSITIVE_INFINITY);
  return await wholeEconomics(economics, programOf(policy), { ...run, workers });
}

async function runLog(
  { a, b }: Policies,
  { paths, ...run }: VariantRun & { readonly options: SimulateOptions },
): Promise<Report> {
  const programs = b === null ? { a: programOf(a) } : { a: programOf(a), b: programOf(b) };
  const sorted: (string | null)[] = [];
  const onSorted = (file: string | null): void => void sorted.push(file);
  const report = await withLog(paths, (log, onProgress) =>
    runSimulation({
      ...run,
      ...{ log, programs, onProgress, onSorted, workers: workersFor(run.options, log.size) },
    }),
  );
  for (const file of sorted) printError(`${file ?? "the log"}: not in order of time; sorted here`);
  return report;
}

function programOf({ policy }: OpenPolicy): Program {
  return compile(policy, lower(policy));
}

/** From so many bytes on a log is worth the start of threads. */
const bytesForThreads = 64 * 1024 * 1024;

const mostWorkers = 64;

/** Threads for a log of a size, null where nobody knows it. */
function workersFor({ workers }: SimulateOptions, size: number | null): number {
  if (workers === undefined) return (size ?? 0) >= bytesForThreads ? availableParallelism() : 1;
  const count = /^\d{1,3}$/.test(workers) ? Number(workers) : 0;
  if (count >= 1 && count <= mostWorkers) return count;
  throw new UsageError(`--workers takes a number from 1 to ${mostWorkers}, not ${workers}`);
}
