import { lower } from "../language/graph/lower.ts";
import { compile } from "../language/program/compile.ts";
import type { Program } from "../language/program/program.ts";
import { checkSource } from "../language/service/check-source.ts";
import { parse } from "../language/syntax/parse.ts";
import { createLogTargets } from "../simulator/log-targets.ts";
import { printSweep, type SweepReport } from "../simulator/sweep/print-sweep.ts";
import { readSweep, type Sweep } from "../simulator/sweep/read-sweep.ts";
import { aimsOf, frontOf, pointOf } from "../simulator/sweep/sweep-point.ts";
import type { OpenPolicy } from "./open-policy.ts";
import { inOrderOfTime } from "./order-files.ts";
import { FindingsError, printJson, printLine, UsageError } from "./output.ts";
import { isReplayed, modelsFor, type RunOptions } from "./run-simulation.ts";
import { plainNumber, thresholdOf, withThreshold } from "./threshold-place.ts";
import { refuseStdin, runVariants, type Variant } from "./variants.ts";
import { loadBeside, readSource } from "./workspace.ts";

export interface SweepOptions extends RunOptions {
  readonly policy: string;
  readonly sweep: string;
  /** The rule whose threshold is meant, by name or line. */
  readonly sweepRule?: string;
  readonly json?: boolean;
}

/** Runs a log under each value of a sweep and prints the trade-off curve. */
export async function sweepLog(
  named: readonly string[],
  open: OpenPolicy,
  options: SweepOptions & { readonly workers: number; readonly nowMs: number },
): Promise<void> {
  const read = readSweep(options.sweep);
  if (!read.ok) throw new UsageError(`--sweep: ${read.message}`);
  refuseStdin(named);
  const { configuration } = open;
  const { of, variants } = variantsOf(read.sweep, open, options);
  const { workers, nowMs } = options;
  const replays = read.sweep.swept.kind === "scenario" || isReplayed(options, configuration);
  const paths = replays ? await inOrderOfTime(named, options, configuration) : named;
  const models = replays ? await modelsFor(paths, options, configuration) : null;
  const run = { paths, configuration, options, models, nowMs };
  const reports = await runVariants(variants, run, workers);
  const targets = createLogTargets(configuration);
  // A target that a client named is one of the catalog.
  const targetOf = (name: string) => targets.get(name) ?? targets.requested(name) ?? undefined;
  const points = reports.map((report, index) =>
    pointOf(read.sweep.values[index] ?? Number.NaN, report, targetOf),
  );
  const aims = read.sweep.isChoice ? aimsOf(points) : [];
  const front = frontOf(points, aims);
  const swept: SweepReport = {
    of,
    aims,
    points: points.map((point, index) => ({ ...point, front: front[index] ?? false })),
  };
  if (options.json === true) printJson({ of, aims, sweep: swept.points });
  else printLine(printSweep(swept));
}

function variantsOf(
  sweep: Sweep,
  open: OpenPolicy,
  options: SweepOptions,
): { readonly of: string; readonly variants: readonly Variant[] } {
  const { swept, values, name } = sweep;
  if (swept.kind === "scenario") {
    const program = compile(open.policy, lower(open.policy));
    const variants = values.map((value) => ({
      program,
      words: { [swept.word]: [swept.textAt(value)] },
    }));
    return { of: name, variants };
  }
  const source = readSource(options.policy);
  const { ast, diagnostics } = parse(source);
  if (ast === null) throw new FindingsError(diagnostics, new Map([[source.file, source.text]]));
  const place = thresholdOf(ast, source, { fact: swept.fact, rule: options.sweepRule });
  const programAt = (value: number): Program => {
    const text = withThreshold(source, place, value);
    const checked = checkSource({ ...source, text }, open.configuration, loadBeside);
    if (checked.policy !== null) return compile(checked.policy, lower(checked.policy));
    throw new UsageError(
      `--sweep: ${place.fact} ${place.op} ${plainNumber(value)} is no policy: ${checked.diagnostics[0]?.message ?? ""}`,
    );
  };
  const variants = values.map((value) => ({ program: programAt(value), words: {} }));
  return { of: `${place.fact} ${place.op}`, variants };
}
