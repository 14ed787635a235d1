import type { Command } from "commander";
import { dollarsOf } from "../base/money.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { SourceFile } from "../diagnostics/diagnostic.ts";
import { lower } from "../language/graph/lower.ts";
import { compile } from "../language/program/compile.ts";
import type { Program } from "../language/program/program.ts";
import { checkSource } from "../language/service/check-source.ts";
import { formatSource } from "../language/service/format.ts";
import { parse } from "../language/syntax/parse.ts";
import {
  type FittedThreshold,
  fitThreshold,
  type ThresholdPoint,
  type ThresholdRequest,
} from "../simulator/fit-threshold.ts";
import type { LogFormat } from "../simulator/log-format.ts";
import { type SimulatedRequest, simulate } from "../simulator/simulate.ts";
import { addCalibrateProviders } from "./calibrate-providers.ts";
import { patchLines } from "./line-diff.ts";
import { logArgument } from "./log-files.ts";
import { addLogOptions, columnsOf, withLog } from "./open-log.ts";
import { exitCode, FindingsError, printJson, printLine, UsageError } from "./output.ts";
import { readShare } from "./read-share.ts";
import { replaceFile } from "./replace-file.ts";
import { plainNumber, type ThresholdPlace, thresholdOf, withThreshold } from "./threshold-place.ts";
import { loadBeside, openWorkspace, readSource } from "./workspace.ts";

interface CalibrateOptions {
  readonly policy: string;
  readonly targetShare: string;
  readonly to?: string;
  readonly fact?: string;
  readonly rule?: string;
  readonly format?: LogFormat;
  readonly map?: string;
  readonly config?: string;
  readonly seed: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

/** `calibrate LOG --policy P --target-share 70%`: fits a threshold to a wanted local share, and writes it where asked. */
export function addCalibrate(program: Command): void {
  const command = program
    .command("calibrate")
    .description("fit a policy's threshold to the share of a log that is to stay local")
    .argument("<log...>", logArgument)
    .option("--policy <file>", "the policy whose rule has the threshold (required)")
    .option("--target-share <share>", "of the log's requests, such as 70% (required)")
    .option("--to <targets>", "targets that count, by comma; those that are local when left out")
    .option("--fact <name>", "difficulty, confidence or tokens, where several are tested")
    .option("--rule <name>", "the rule's name, or the line of the comparison")
    .option("--write", "change the policy; without it the change is only shown");
  addLogOptions(command)
    .option("--seed <seed>", "what random choices are drawn from where the log has no seed", "0")
    .option("--config <file>", "the configuration")
    .option("--json", "print one JSON document")
    .action((log: readonly string[], options: Partial<CalibrateOptions>) =>
      run(log, whole(options, command)),
    );
  addCalibrateProviders(command);
}

/** Commander would ask the subcommand for required options too. */
function whole(options: Partial<CalibrateOptions>, command: Command): CalibrateOptions {
  const { policy, targetShare, seed = "0" } = options;
  if (policy === undefined) return command.error(missing("--policy <file>"));
  if (targetShare === undefined) return command.error(missing("--target-share <share>"));
  return { ...options, policy, targetShare, seed };
}

const missing = (option: string): string => `error: required option '${option}' not specified`;

async function run(log: readonly string[], options: CalibrateOptions): Promise<void> {
  const targetShare = readShare(options.targetShare);
  if (Number.isNaN(targetShare)) {
    throw new UsageError(`--target-share takes a share such as 70%, not ${options.targetShare}`);
  }
  const { configuration, note } = openWorkspace(options.config, options.policy);
  const source = readSource(options.policy);
  const { ast, diagnostics } = parse(source);
  if (ast === null) {
    throw new FindingsError(diagnostics, new Map([[source.file, source.text]]), note);
  }
  const place = thresholdOf(ast, source, options);
  const counting = countingTargets(options.to, configuration);
  const fit = { place, source, configuration, counting };
  const requests = await sides(log, fit, options);
  const fitted = fitThreshold(requests, {
    ...{ op: place.op, targetShare, present: place.value },
    isWhole: place.fact === "tokens",
  });
  if (fitted === null) {
    throw new UsageError(
      `${log.join(" ")} tells \`${place.fact}\` of none of its ${requests.length} requests, as far as the rule is reached`,
    );
  }
  const after = changed(source, place, fitted.best.threshold);
  const shown = { place, source, fitted, after, targetShare, requests: requests.length };
  if (options.write === true && after !== source.text) replaceFile(options.policy, after);
  if (options.json === true) printJson(documentOf(shown, options.write === true));
  else print(shown, options);
  process.exitCode = exitCode.fine;
}

interface Fit {
  readonly place: ThresholdPlace;
  readonly source: SourceFile;
  readonly configuration: Configuration;
  /** Names of the targets that count. */
  readonly counting: ReadonlySet<string>;
}

/** Ends between which every threshold lies: no fact of the three is below the first, or at the second. */
const lowest = 0;
const highestOf = (fact: string): number => (fact === "tokens" ? 1_000_000_000 : 2);

/** What becomes of each request where the comparison holds, and where it does not: the log is read once. */
async function sides(
  paths: readonly string[],
  { place, source, configuration, counting }: Fit,
  options: CalibrateOptions,
): Promise<readonly ThresholdRequest[]> {
  const isBelow = place.op === "<" || place.op === "<=";
  const compiled = (threshold: number): Program =>
    programOf({ ...source, text: withThreshold(source, place, threshold) }, configuration);
  const highest = highestOf(place.fact);
  const requests: ThresholdRequest[] = [];
  const sideOf = ({ target, cost }: SimulatedRequest) => ({
    counts: target !== null && counting.has(target),
    cost,
  });
  await withLog(paths, (log, onProgress) =>
    simulate({
      ...{ log, configuration, onProgress, seed: options.seed, nowMs: Date.now() },
      programs: {
        a: compiled(isBelow ? highest : lowest),
        b: compiled(isBelow ? lowest : highest),
      },
      format: options.format ?? null,
      map: columnsOf(options.map, configuration),
      onRequest: (a, b) => {
        if (b === null) return;
        const value = numberIn(a.facts()[place.fact]);
        requests.push({ value, holds: sideOf(a), fails: sideOf(b) });
      },
    }),
  );
  return requests;
}

/** A number, or what bounds on it come to in estimates. */
function numberIn(told: unknown): number | null {
  const [low, high] = Array.isArray(told) ? (told as unknown[]) : [told, told];
  if (typeof low !== "number" || typeof high !== "number") return null;
  return low === high ? low : Math.round(low + (high - low) / 5);
}

function programOf(source: SourceFile, configuration: Configuration): Program {
  const { kind, policy, diagnostics, sources } = checkSource(source, configuration, loadBeside);
  if (policy !== null) return compile(policy, lower(policy));
  if (kind === "library") throw new UsageError(`${source.file} is a library: it has no rules`);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  throw new FindingsError(errors, sources);
}

function countingTargets(to: string | undefined, { targets }: Configuration): ReadonlySet<string> {
  if (to === undefined) {
    const local = [...targets.values()].filter((target) => target.local);
    if (local.length === 0) {
      throw new UsageError(
        "no target of the configuration is local; name those that count by --to",
      );
    }
    return new Set(local.map(({ name }) => name));
  }
  const named = to.split(",").map((name) => name.trim());
  const unknown = named.find((name) => !targets.has(name));
  if (unknown !== undefined) throw new UsageError(`--to: there is no target \`${unknown}\``);
  return new Set(named);
}

/** The policy with the threshold in its place, laid out by the formatter where it was before. */
function changed(source: SourceFile, place: ThresholdPlace, threshold: number): string {
  // Two ways to write one number are no change.
  if (threshold === place.value) return source.text;
  const text = withThreshold(source, place, threshold);
  const before = formatSource(source);
  const formatted = formatSource({ ...source, text });
  return before.ok && before.text === source.text && formatted.ok ? formatted.text : text;
}

interface Shown {
  readonly place: ThresholdPlace;
  readonly source: SourceFile;
  readonly fitted: FittedThreshold;
  readonly after: string;
  readonly targetShare: number;
  readonly requests: number;
}

function documentOf(
  { place, source, fitted, after, targetShare, requests }: Shown,
  write: boolean,
) {
  const pointOf = ({ threshold, share, cost }: ThresholdPoint) => ({
    threshold,
    share,
    cost: dollarsOf(cost),
  });
  return {
    ...{ requests, parted: fitted.parted, fact: place.fact, op: place.op, targetShare },
    ...{ rule: place.rule, line: place.line, before: place.literal.raw },
    best: pointOf(fitted.best),
    ...{ reached: fitted.reached, least: fitted.least, most: fitted.most },
    curve: fitted.curve.map(pointOf),
    patch: patchLines(source.text, after),
    written: write && after !== source.text,
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function print(
  { place, source, fitted, after, targetShare, requests }: Shown,
  { write, to }: CalibrateOptions,
): void {
  const { fact, op, literal, line } = place;
  const counted = to ?? "local targets";
  printLine(`${requests} requests; \`${fact} ${op} ${literal.raw}\` in line ${line} parts`);
  printLine(`${fitted.parted} of them, and decides how many go to ${counted} first`);
  printLine();
  printLine(`  ${`${fact} ${op}`.padEnd(16)}  share there         cost`);
  const others = fitted.curve.filter(({ threshold }) => threshold !== fitted.best.threshold);
  const points = [...others, fitted.best];
  for (const point of points.sort((a, b) => a.threshold - b.threshold)) {
    const mark = point === fitted.best ? "  ←" : "";
    const cost = `$${dollarsOf(point.cost).toFixed(4)}`;
    printLine(
      `  ${plainNumber(point.threshold).padEnd(16)} ${percent(point.share).padStart(12)} ${cost.padStart(12)}${mark}`,
    );
  }
  printLine();
  printLine(nearest(fitted, targetShare));
  const patch = patchLines(source.text, after);
  if (patch.length === 0) printLine(`${source.file} has that threshold already`);
  else {
    printLine(source.file);
    for (const each of patch) printLine(`  ${each}`);
    printLine(write === true ? written(source.file) : "not written: --write does");
  }
}

/** How near the wanted share is, and what keeps it from being reached. */
function nearest({ best, reached, least, most }: FittedThreshold, wanted: number): string {
  const [share, aim] = [percent(best.share), percent(wanted)];
  if (reached) return `nearest to ${aim}: ${share}`;
  if (wanted > most) return `cannot reach ${aim}: the most is ${percent(most)}`;
  if (wanted < least) return `cannot reach ${aim}: the least is ${percent(least)}`;
  return `cannot reach ${aim}: the nearest is ${share}, as many requests have the same number`;
}

const written = (file: string): string =>
  `written; what \`signalbox test ${file}\` expects may rest on the number before`;
