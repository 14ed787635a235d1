import type { Program } from "../language/program/program.ts";
import { breakEvenOf } from "../simulator/economics/break-even.ts";
import type { Economics } from "../simulator/economics/economics.ts";
import type { EconomicsReport, GpuCount } from "../simulator/economics/economics-report.ts";
import { hardwareOf } from "../simulator/economics/hardware.ts";
import { leastCount } from "../simulator/economics/least-count.ts";
import { type AskedGpu, gpuOf, type MoneyOptions, serverOf } from "./economics-options.ts";
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
  const running = serverOf(gpu.target, configuration);
  const hardware = hardwareOf(gpu.figures, running, gpu.rent);
  const { p95Ms } = gpu;
  if (p95Ms === null) {
    const busiest = busiestOf(economics, gpu);
    const gpus = Math.max(1, Math.ceil(busiest));
    return {
      ...economics,
      breakEven: breakEvenOf(economics, hardware, { gpus, busiest, tooFew: 0 }),
    };
  }
  const { counted, atNeeded } = await countGpus({ ...gpu, p95Ms }, program, run);
  const { needed: gpus } = counted;
  // What no number reaches is not bought.
  if (gpus === null || atNeeded === null) return { ...economics, gpus: counted };
  // What waits for its turn there is no work: so many do no more than they can.
  const busiest = Math.min(gpus, busiestOf(atNeeded, gpu));
  const work = { gpus, busiest, tooFew: gpus - 1, p95Ms };
  return { ...economics, gpus: counted, breakEven: breakEvenOf(atNeeded, hardware, work) };
}

/** So many GPUs would be full all through the busiest hour. */
function busiestOf({ local }: Economics, { target, slots }: AskedGpu): number {
  return (local.work.find((each) => each.target === target)?.busiest ?? 0) / slots;
}

interface CountedGpus {
  readonly counted: GpuCount;
  /** What the log comes to with as many as are needed. */
  readonly atNeeded: Economics | null;
}

/** Replays the log with more and more GPUs until the p95 of the target's answers is what was asked for. */
async function countGpus(
  { target, slots, p95Ms }: Omit<AskedGpu, "p95Ms"> & { readonly p95Ms: number },
  program: Program,
  run: VariantRun & { readonly workers: number },
): Promise<CountedGpus> {
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
    return reports.map(({ replay, economics }) => {
      const work = replay?.targets.find((each) => each.target === target);
      return {
        economics,
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
  const rows = tried.map(({ count, figure: { economics: _, ...figure } }) => ({
    ...{ gpus: count, ...figure },
  }));
  const enough = tried.find(({ count }) => count === least)?.figure;
  return {
    counted: { target, slots, p95Ms, modelled, needed: least, tried: rows },
    atNeeded: enough?.economics ?? null,
  };
}
