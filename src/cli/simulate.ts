import { type Command, Option } from "commander";
import { lower } from "../language/graph/lower.ts";
import { compile } from "../language/program/compile.ts";
import type { Program } from "../language/program/program.ts";
import { printReport } from "../simulator/print-report.ts";
import { type LogFormat, logFormats } from "../simulator/read-log.ts";
import type { Report } from "../simulator/report.ts";
import { simulate } from "../simulator/simulate.ts";
import { columnsOf, withLog } from "./open-log.ts";
import { type OpenPolicy, openPolicy } from "./open-policy.ts";
import { exitCode, printError, printJson, printLine } from "./output.ts";

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
    const against = b?.policy.name ?? null;
    printLine(printReport(report, { policy: a.policy.name, against }));
  }
  process.exitCode = exitCode.fine;
}

function replay(
  path: string,
  { a, b }: { readonly a: OpenPolicy; readonly b: OpenPolicy | null },
  options: SimulateOptions,
): Promise<Report> {
  return withLog(path, (log, onProgress) =>
    simulate({
      log,
      programs: b === null ? { a: programOf(a) } : { a: programOf(a), b: programOf(b) },
      configuration: a.configuration,
      format: options.format ?? null,
      map: columnsOf(options.map, a.configuration),
      seed: options.seed,
      nowMs: Date.now(),
      onProgress,
    }),
  );
}

function programOf({ policy }: OpenPolicy): Program {
  return compile(policy, lower(policy));
}
