import { parseMoney, picodollarsPerDollar } from "../base/money.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { Program } from "../language/program/program.ts";
import type { Economics } from "../simulator/economics/economics.ts";
import { breakEvenOf, type HardwareFigure, hardwareOf } from "../simulator/economics/hardware.ts";
import { leastCount } from "../simulator/economics/least-count.ts";
import type { EconomicsReport, GpuCount } from "../simulator/economics/print-economics.ts";
import { readDuration } from "../simulator/replay/read-scenario.ts";
import type { MoneyOptions } from "./economics-options.ts";
import { UsageError } from "./output.ts";
import { runVariants, type VariantRun } from "./variants.ts";

/** GPUs that are tried at most. */
const mostGpus = 256;

interface Gpu {
  readonly target: string;
  readonly slots: number;
}

/** The economics of a replay, with the GPUs and the break-even that the options ask for. */
export async function wholeEconomics(
  economics: Economics,
  program: Program,
  run: VariantRun & { readonly options: MoneyOptions; readonly workers: number },
): Promise<EconomicsReport> {
  const { options, configuration } = run;
  if (options.gpu === undefined) {
    const without = options.p95 === undefined ? "--gpu-cost" : "--p95";
    if (options.p95 !== undefined || options.gpuCost !== undefined)
      throw new UsageError(`${without} goes with --gpu, which names the target at home`);
    return economics;
  }
  const gpu = readGpu(options.gpu, configuration);
  const hardware = hardwareOf(
    readFigures(options.gpuCost ?? ""),
    configuration.targets.get(gpu.target)?.runningCost,
  );
  const gpus = options.p95 === undefined ? null : await countGpus(gpu, options.p95, program, run);
  return {
    ...economics,
    ...(gpus === null ? {} : { gpus }),
    breakEven: breakEvenOf(economics, hardware, gpus?.needed ?? 1),
  };
}

function readGpu(text: string, { targets }: Configuration): Gpu {
  const [name = "", written] = text.split("=");
  const target = targets.get(name);
  if (target === undefined) throw new UsageError(`--gpu: there is no target \`${name}\``);
  if (!target.local) throw new UsageError(`--gpu: \`${name}\` is not at home`);
  const slots =
    written === undefined
      ? (target.runningCost?.slots ?? target.concurrency ?? 0)
      : Number(written);
  if (Number.isInteger(slots) && slots >= 1 && slots <= 100_000) return { target: name, slots };
  throw new UsageError(
    `--gpu: say how many requests one GPU of \`${name}\` works on at once, such as ${name}=8`,
  );
}

const mostOf: Readonly<Record<HardwareFigure, number>> = {
  ...{ price: 1_000_000, years: 30, watts: 1_000_000, kwh: 100, hour: 10_000 },
};

function readFigures(text: string): Partial<Record<HardwareFigure, number>> {
  const figures: Partial<Record<HardwareFigure, number>> = {};
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const [, name = "", written = ""] = /^\s*(\w+)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    const isMoney = name === "price" || name === "kwh" || name === "hour";
    const value = isMoney ? dollarsIn(written) : Number(written);
    const isKnown = Object.hasOwn(mostOf, name);
    const isFine = value !== null && value >= 0 && value <= mostOf[name as HardwareFigure];
    if (!isKnown || !isFine || (name === "years" && value === 0))
      throw new UsageError(
        `--gpu-cost: \`${part.trim()}\` is not understood; write price=$2500,years=3,watts=400,kwh=$0.25 or hour=$1`,
      );
    figures[name as HardwareFigure] = value;
  }
  return figures;
}

/** Amounts above what a request may cost are read in whole dollars. */
function dollarsIn(text: string): number | null {
  const exact = parseMoney(text);
  if (exact !== null) return exact / picodollarsPerDollar;
  return /^\$?\d{4,7}$/.test(text) ? Number(text.replace("$", "")) : null;
}

/** Replays the log with more and more GPUs until the p95 of the target's answers is what was asked for. */
async function countGpus(
  { target, slots }: Gpu,
  asked: string,
  program: Program,
  run: VariantRun & { readonly workers: number },
): Promise<GpuCount> {
  const p95Ms = readDuration(asked);
  if (p95Ms === null || p95Ms <= 0)
    throw new UsageError(`--p95 takes a time such as 2s, not ${asked}`);
  const measure = async (counts: readonly number[]) => {
    const variants = counts.map((count) => ({
      program,
      words: { capacity: [`${target}=${count * slots}`] },
    }));
    const reports = await runVariants(variants, run, run.workers);
    return reports.map(({ replay }) => {
      const work = replay?.targets.find((each) => each.target === target);
      return {
        p95: work?.latency?.p95 ?? null,
        answered: work?.answered ?? 0,
        failed: replay?.outcomes.failed ?? 0,
        cost: replay?.cost.total ?? 0,
      };
    });
  };
  const { least, tried } = await leastCount({
    most: Math.min(mostGpus, Math.floor(1_000_000 / slots)),
    measure,
    isEnough: ({ p95 }) => p95 !== null && p95 <= p95Ms,
  });
  const rows = tried.map(({ count, figure }) => ({ gpus: count, ...figure }));
  return { target, slots, p95Ms, needed: least, tried: rows };
}
