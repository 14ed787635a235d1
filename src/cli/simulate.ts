import { createReadStream, statSync } from "node:fs";
import { type Command, Option } from "commander";
import { lower } from "../language/graph/lower.ts";
import { compile } from "../language/program/compile.ts";
import type { Program } from "../language/program/program.ts";
import { type ColumnMap, readColumnMap } from "../simulator/column-map.ts";
import { printReport } from "../simulator/print-report.ts";
import { type LogFormat, logFormats } from "../simulator/read-log.ts";
import type { Report } from "../simulator/report.ts";
import { simulate } from "../simulator/simulate.ts";
import { UnreadableLogError } from "../simulator/unreadable-log-error.ts";
import { type OpenPolicy, openPolicy } from "./open-policy.ts";
import { exitCode, printError, printJson, printLine, UsageError } from "./output.ts";
import { createProgress } from "./progress.ts";
import { policyName, reasonOf } from "./workspace.ts";

interface SimulateOptions {
  readonly policy: string;
  readonly against?: string;
  readonly config?: string;
  readonly format?: LogFormat;
  readonly map?: string;
  readonly seed: string;
  readonly json?: boolean;
}

/** `simulate LOG --policy A [--against B]`: what a policy would have done with logged traffic, without a call. */
export function addSimulate(program: Command): void {
  program
    .command("simulate")
    .description("replay a traffic log against a policy, without a call")
    .argument("<log>", "decision records, JSON lines of request bodies, or CSV")
    .requiredOption("--policy <file>", "the policy")
    .option("--against <file>", "another policy: what would change")
    .addOption(
      new Option("--format <format>", "of the log; told from its first line otherwise").choices(
        logFormats,
      ),
    )
    .option("--map <columns>", "facts and the CSV columns that hold them: tokens=ContextTokens,…")
    .option("--seed <seed>", "what random choices are drawn from where the log has no seed", "0")
    .option("--config <file>", "the configuration")
    .option("--json", "print one JSON document")
    .action((log: string, options: SimulateOptions) => run(log, options));
}

async function run(log: string, options: SimulateOptions): Promise<void> {
  const a = openPolicy(options.policy, options.config);
  const b = options.against === undefined ? null : openPolicy(options.against, options.config);
  const report = await replay(log, { a, b }, options);
  if (options.json === true) {
    printJson(report);
  } else {
    for (const { line, reason } of report.skippedLines)
      printError(`${log}:${line}: skipped: ${reason}`);
    const against = options.against === undefined ? null : policyName(options.against);
    printLine(printReport(report, { policy: policyName(options.policy), against }));
  }
  process.exitCode = exitCode.fine;
}

async function replay(
  log: string,
  { a, b }: { readonly a: OpenPolicy; readonly b: OpenPolicy | null },
  options: SimulateOptions,
): Promise<Report> {
  const size = sizeOf(log);
  const progress = createProgress("requests");
  try {
    return await simulate({
      log: createReadStream(log, { highWaterMark: 256 * 1024 }),
      programs: b === null ? { a: programOf(a) } : { a: programOf(a), b: programOf(b) },
      configuration: a.configuration,
      format: options.format ?? null,
      map: options.map === undefined ? null : columnsOf(options.map, a),
      seed: options.seed,
      nowMs: Date.now(),
      onProgress: (bytes, requests) => progress.show(size === 0 ? 1 : bytes / size, requests),
    });
  } catch (error) {
    if (error instanceof UnreadableLogError)
      throw new UsageError(`${log}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    progress.clear();
  }
}

function sizeOf(log: string): number {
  try {
    const stat = statSync(log);
    if (stat.isDirectory()) throw new UsageError(`cannot read ${log}: it is a folder`);
    return stat.size;
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`cannot read ${log}: ${reasonOf(cause)}`, { cause });
  }
}

function programOf({ policy }: OpenPolicy): Program {
  return compile(policy, lower(policy));
}

function columnsOf(text: string, { configuration }: OpenPolicy): ColumnMap {
  const read = readColumnMap(text, configuration.facts);
  if (!read.ok) throw new UsageError(`--map: ${read.message}`);
  return read.map;
}
