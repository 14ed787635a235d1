import type { Command } from "commander";
import type { Configuration } from "../configuration/configuration.ts";
import { lower } from "../language/graph/lower.ts";
import { compile } from "../language/program/compile.ts";
import type { Program } from "../language/program/program.ts";
import { brokenConditions, judgeReport } from "../simulator/fail-if.ts";
import type { LogFormat } from "../simulator/log-format.ts";
import { catalogModels } from "../simulator/models/catalog-model.ts";
import { scenarioOfModels } from "../simulator/models/model-scenario.ts";
import type { Models } from "../simulator/models/target-model.ts";
import { changePrices } from "../simulator/replay/change-prices.ts";
import { bothScenarios } from "../simulator/replay/read-scenario.ts";
import type { Scenario } from "../simulator/replay/scenario.ts";
import type { ReplayOptions } from "../simulator/replay-options.ts";
import type { Report } from "../simulator/report.ts";
import { simulate } from "../simulator/simulate.ts";
import { printDescribed } from "./describe-log.ts";
import { conditionsOf, failIfHelp, figuresHelp, several } from "./fail-if.ts";
import { fittedModels } from "./fitted-models.ts";
import { logArgument } from "./log-files.ts";
import { addLogOptions, columnsOf, formatHelp, withLog } from "./open-log.ts";
import { openModels } from "./open-models.ts";
import { type OpenPolicy, openPolicy } from "./open-policy.ts";
import { exitCode, printError, printJson, UsageError } from "./output.ts";
import { addWhatIf, asksReplay, factorOf, scenarioOf, type WhatIfOptions } from "./what-if.ts";
import { checkReportOptions, type ReportOptions, writeReport } from "./write-report.ts";

interface SimulateOptions extends WhatIfOptions, ReportOptions {
  readonly policy?: string;
  readonly against?: string;
  readonly describe?: boolean;
  readonly config?: string;
  readonly format?: LogFormat;
  readonly map?: string;
  readonly seed: string;
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
  addWhatIf(addLogOptions(command))
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
  const conditions = conditionsOf(options, a.configuration);
  const report = await replay(log, { a, b }, options);
  const gate = conditions.length === 0 ? null : judgeReport(report, conditions);
  const broken = gate === null ? [] : brokenConditions(gate, conditions);
  if (options.json === true) printJson(gate === null ? report : { ...report, gate });
  else
    for (const { line, reason, file } of report.skippedLines)
      printError(`${file ?? log.join(" ")}:${line}: skipped: ${reason}`);
  const names = { policy: a.policy.name, against: b?.policy.name ?? null };
  writeReport(report, names, { ...options, broken });
  process.exitCode = broken.length > 0 ? exitCode.findings : exitCode.fine;
  for (const each of broken) printError(`failed: ${each}`);
}

/** How the options want the log replayed; null for decisions alone. */
async function replayOptions(
  paths: readonly string[],
  options: SimulateOptions,
  configuration: Configuration,
): Promise<ReplayOptions | null> {
  if (!asksReplay(options)) return null;
  const playsLog = options.modelled !== true;
  const models = await modelsFor(paths, options, configuration);
  const asked = scenarioOf(options);
  const ofCatalog = catalogModels(configuration);
  return {
    scenario: models === null ? asked : withModels(asked, scenarioOfModels(models, playsLog)),
    modelOf: (name) => models?.targets.get(name) ?? ofCatalog(name),
    playsLog,
    speed: factorOf("--speed", options.speed) ?? 1,
    perSecond: factorOf("--rate", options.rate),
  };
}

/** Models of a file, else of the log itself, which is read once more for them; null for one that can be read only once. */
async function modelsFor(
  paths: readonly string[],
  options: SimulateOptions,
  configuration: Configuration,
): Promise<Models | null> {
  if (options.models !== undefined) return openModels(options.models);
  return paths.includes("-") ? null : await fittedModels(paths, options, configuration);
}

/** What was asked for, under its own name, on top of what the models say. */
function withModels(asked: Scenario, modelled: Scenario): Scenario {
  return { ...bothScenarios(modelled, asked), name: asked.name };
}

async function replay(
  paths: readonly string[],
  { a, b }: { readonly a: OpenPolicy; readonly b: OpenPolicy | null },
  options: SimulateOptions,
): Promise<Report> {
  const replayed = await replayOptions(paths, options, a.configuration);
  const changes = replayed?.scenario.prices ?? [];
  return await withLog(paths, (log, onProgress) =>
    simulate({
      ...(replayed === null ? {} : { replay: replayed }),
      log,
      programs: b === null ? { a: programOf(a) } : { a: programOf(a), b: programOf(b) },
      configuration: changePrices(a.configuration, changes),
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
