import { lower } from "../language/graph/lower.ts";
import { compile } from "../language/program/compile.ts";
import type { Program } from "../language/program/program.ts";
import { checkSource } from "../language/service/check-source.ts";
import { parse } from "../language/syntax/parse.ts";
import { createLogTargets } from "../simulator/log-targets.ts";
import type { Models } from "../simulator/models/target-model.ts";
import type { ScenarioWord } from "../simulator/replay/read-scenario.ts";
import { readSweep, type Sweep } from "../simulator/sweep/read-sweep.ts";
import { aimsOf, frontOf, pointOf } from "../simulator/sweep/sweep-point.ts";
import type { SweepReport } from "../simulator/sweep/sweep-report.ts";
import type { OpenPolicy } from "./open-policy.ts";
import { inOrderOfTime } from "./order-files.ts";
import { FindingsError, UsageError } from "./output.ts";
import { isReplayed, modelsFor, type RunOptions } from "./run-simulation.ts";
import { plainNumber, thresholdOf, withThreshold } from "./threshold-place.ts";
import { refuseStdin, runVariants, type Variant } from "./variants.ts";
import { loadBeside, readSource } from "./workspace.ts";
import { type ReportOptions, writeSweep } from "./write-report.ts";

export interface SweepOptions extends RunOptions {
  readonly policy: string;
  readonly sweep: string;
  /** The rule whose threshold is meant, by name or line. */
  readonly sweepRule?: string;
}

/** Runs a log under each value of a sweep, and under the present one, and writes the trade-off curve. */
export async function sweepLog(
  named: readonly string[],
  open: OpenPolicy,
  options: SweepOptions & ReportOptions & { readonly workers: number; readonly nowMs: number },
): Promise<void> {
  const read = readSweep(options.sweep);
  if (!read.ok) throw new UsageError(`--sweep: ${read.message}`);
  refuseStdin(named);
  const { configuration } = open;
  const { workers, nowMs } = options;
  const replays = read.sweep.swept.kind === "scenario" || isReplayed(options, configuration);
  const paths = replays ? await inOrderOfTime(named, options, configuration) : named;
  const models = replays ? await modelsFor(paths, options, configuration) : null;
  const { of, variantAt, now } = variantsOf(read.sweep, { ...open, models }, options);
  const values = withPresent(read.sweep.values, now);
  const run = { paths, configuration, options, models, nowMs };
  const reports = await runVariants(values.map(variantAt), run, workers);
  const targets = createLogTargets(configuration);
  // A target that a client named is one of the catalog.
  const targetOf = (name: string) => targets.get(name) ?? targets.requested(name) ?? undefined;
  const points = reports.map((report, index) =>
    pointOf(values[index] ?? Number.NaN, report, targetOf),
  );
  const aims = read.sweep.isChoice ? aimsOf(points) : [];
  const front = frontOf(points, aims);
  const swept: SweepReport = {
    of,
    aims,
    points: points.map((point, index) => ({
      ...point,
      ...{ front: front[index] ?? false, now: point.value === now },
    })),
  };
  writeSweep(swept, open.policy.name, options);
}

/** The values with the present one among them, in its place where they rise. */
function withPresent(values: readonly number[], now: number | null): readonly number[] {
  if (now === null || values.includes(now)) return values;
  const isRising = values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));
  return isRising ? [...values, now].toSorted((a, b) => a - b) : [...values, now];
}

/** What a word of a scenario comes to where nobody says it. */
const untold: Readonly<Partial<Record<ScenarioWord, number>>> = {
  ...{ traffic: 1, grow: 0, slow: 1, price: 1 },
};

interface Variants {
  /** What is swept, in words. */
  readonly of: string;
  readonly variantAt: (value: number) => Variant;
  /** The value that holds today; null where none does, or nobody knows it. */
  readonly now: number | null;
}

function variantsOf(
  { swept, name }: Sweep,
  open: OpenPolicy & { readonly models: Models | null },
  options: SweepOptions,
): Variants {
  if (swept.kind === "scenario") {
    const program = compile(open.policy, lower(open.policy));
    return {
      of: name,
      variantAt: (value) => ({ program, words: { [swept.word]: [swept.textAt(value)] } }),
      now: untold[swept.word] ?? (swept.word === "capacity" ? capacityOf(name, open) : null),
    };
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
  return {
    of: `${place.fact} ${place.op}`,
    variantAt: (value) => ({ program: programAt(value), words: {} }),
    now: Number.isNaN(place.value) ? null : place.value,
  };
}

/** Attempts that the target of `capacity.NAME` works on at once, as far as its model or the configuration tells. */
function capacityOf(
  name: string,
  { models, configuration }: { readonly models: Models | null } & Pick<OpenPolicy, "configuration">,
): number | null {
  const target = name.slice("capacity.".length);
  const learnt = models?.targets.get(target)?.capacity ?? null;
  return learnt ?? configuration.targets.get(target)?.runningCost?.slots ?? null;
}
