import type { Program } from "../language/program/program.ts";
import type { Economics } from "../simulator/economics/economics.ts";
import type { EconomicsReport, GpuCount } from "../simulator/economics/economics-report.ts";
import { breakEvenOf, hardwareOf } from "../simulator/economics/hardware.ts";
import { leastCount } from "../simulator/economics/least-count.ts";
import { type AskedGpu, gpuOf, type MoneyOptions } from "./economics-options.ts";
import { runVariants, type VariantRun } from "./variants.ts";

/** GPUs that are tried at most. */
const mostGpus = 256;

/** The economics of a replay, with the GPUs and the break-even that the options ask for. */
export async function wholeEconomics(
  economics: Economics,
  program: Program,
  run: VariantRun & { readonly options: MoneyOptions; readonly workers: number },
): Promise<EconomicsReport> {
  const { options, configuration } = run;
  const gpu = gpuOf(options, configuration);
  if (gpu === null) return economics;
  const running = configuration.targets.get(gpu.target)?.runningCost;
  const hardware = hardwareOf(gpu.figures, running, gpu.rent);
  const { p95Ms } = gpu;
  const gpus = p95Ms === null ? null : await countGpus({ ...gpu, p95Ms }, program, run);
  return {
    ...economics,
    ...(gpus === null ? {} : { gpus }),
    breakEven: breakEvenOf(economics, hardware, gpus?.needed ?? 1),
  };
}

/** Replays the log with more and more GPUs until the p95 of the target's answers is what was asked for. */
async function countGpus(
  { target, slots, p95Ms }: Omit<AskedGpu, "p95Ms"> & { readonly p95Ms: number },
  program: Program,
  run: VariantRun & { readonly workers: number },
): Promise<GpuCount> {
  // Times of a log in which others waited there hold that waiting: then they are drawn as they are without it.
  const hadQueue = run.models?.targets.get(target)?.capacity != null;
  const modelled = run.options.modelled === true || hadQueue;
  const options = { ...run.options, modelled };
  const measure = async (counts: readonly number[]) => {
    const variants = counts.map((count) => ({
      program,
      words: { capacity: [`${target}=${count * slots}`] },
    }));
    const reports = await runVariants(variants, { ...run, options }, run.workers);
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
  return { target, slots, p95Ms, modelled, needed: least, tried: rows };
}
