import { Worker } from "node:worker_threads";
import { BugError } from "../base/assert.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { workerFlags, workerScript } from "../files/worker-script.ts";
import type { Program } from "../language/program/program.ts";
import { type PackedProgram, pack } from "../language/program/transfer.ts";
import type { Models } from "../simulator/models/target-model.ts";
import type { WrittenScenario } from "../simulator/replay/read-scenario.ts";
import type { Report } from "../simulator/report.ts";
import { withLog } from "./open-log.ts";
import { UsageError } from "./output.ts";
import { createProgress } from "./progress.ts";
import { type RunOptions, runSimulation } from "./run-simulation.ts";

/** One of several runs of the same log: a program, and what is other than the options say. */
export interface Variant {
  readonly program: Program;
  /** Words of a scenario, behind those of the options. */
  readonly words: WrittenScenario;
}

/** What all runs have in common: plain data. */
export interface VariantRun {
  readonly paths: readonly string[];
  readonly configuration: Configuration;
  readonly options: RunOptions;
  /** How targets behave, where the variants are replayed. */
  readonly models: Models | null;
  readonly nowMs: number;
}

/** What a thread is told to run, by its place among all. */
export interface VariantOrder {
  readonly index: number;
  readonly program: PackedProgram;
  readonly words: WrittenScenario;
}

/** What came of it: a report, or what the user did wrong. */
export type VariantWord =
  | { readonly index: number; readonly report: Report }
  | { readonly index: number; readonly mistake: string };

/**
 * Runs the same log under each variant, in so many threads at most, each of which reads the log itself. The reports are those of the
 * variants in their order, whatever the number of threads.
 */
export async function runVariants(
  variants: readonly Variant[],
  run: VariantRun,
  workers: number,
): Promise<readonly Report[]> {
  refuseStdin(run.paths);
  const threads = Math.min(workers, variants.length);
  const progress = createProgress("runs");
  let done = 0;
  const told = (): void => {
    done += 1;
    progress.show(done / variants.length, done);
  };
  try {
    return threads > 1
      ? await inThreads(variants, run, { threads, told })
      : await oneByOne(variants, run, told);
  } finally {
    progress.clear();
  }
}

/** Throws a UsageError for a log that flows: it is there to be read once. */
export function refuseStdin(paths: readonly string[]): void {
  if (paths.includes("-")) throw new UsageError("a log on stdin can be read once: name a file");
}

/** Runs one variant in this thread. */
export function runVariant(
  { program, words }: Variant,
  { paths, configuration, options, models, nowMs }: VariantRun,
): Promise<Report> {
  const both = { ...options };
  for (const [word, texts] of Object.entries(words)) {
    const key = word as keyof WrittenScenario;
    Object.assign(both, { [key]: [...(options[key] ?? []), ...texts] });
  }
  return withLog(paths, (log) =>
    runSimulation({ log, programs: { a: program }, configuration, options: both, models, nowMs }),
  );
}

async function oneByOne(
  variants: readonly Variant[],
  run: VariantRun,
  told: () => void,
): Promise<readonly Report[]> {
  const reports: Report[] = [];
  for (const variant of variants) {
    reports.push(await runVariant(variant, run));
    told();
  }
  return reports;
}

async function inThreads(
  variants: readonly Variant[],
  run: VariantRun,
  { threads, told }: { readonly threads: number; readonly told: () => void },
): Promise<readonly Report[]> {
  const reports = new Map<number, Report>();
  const script = workerScript("variant-worker", import.meta.url);
  const started: Worker[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let next = 0;
  const give = (worker: Worker): void => {
    const variant = variants[next];
    if (variant === undefined) return;
    const order = { index: next, program: pack(variant.program), words: variant.words };
    next += 1;
    worker.postMessage(order satisfies VariantOrder);
  };
  for (let thread = 0; thread < threads; thread += 1) {
    const worker = new Worker(script, { workerData: run, execArgv: workerFlags(script) });
    started.push(worker);
    worker.on("error", reject);
    worker.on("exit", () => reject(new BugError("a thread that runs variants ended early")));
    worker.on("message", (word: VariantWord) => {
      if ("mistake" in word) return reject(new UsageError(word.mistake));
      reports.set(word.index, word.report);
      told();
      if (reports.size === variants.length) resolve();
      else give(worker);
    });
    give(worker);
  }
  try {
    await promise;
  } finally {
    await Promise.all(started.map((worker) => worker.terminate()));
  }
  return variants.map((_, index) => {
    const report = reports.get(index);
    if (report === undefined) throw new BugError(`variant ${index} was not run`);
    return report;
  });
}
