import type { Command } from "commander";
import type { Configuration } from "../configuration/configuration.ts";
import type { EconomicsOptions, WaitWord } from "../simulator/economics/economics.ts";
import { UsageError } from "./output.ts";

/** Options that ask what a log comes to in money. */
export interface MoneyOptions {
  readonly economics?: boolean;
  readonly couldWait?: readonly string[];
  readonly instead?: string;
  readonly gpu?: string;
  readonly gpuCost?: string;
  readonly p95?: string;
}

/** Adds the options of economics; each of them asks for them, and they for a replay. */
export function addEconomics(command: Command): Command {
  const several = (value: string, before: readonly string[] = []): readonly string[] => [
    ...before,
    value,
  ];
  return command
    .option("--economics", "what it comes to in money: by kind, at home, later, in a month")
    .option(
      "--could-wait <kind>",
      "requests that a batch could have answered: intent=…, rule=…, tenant=…; those not streamed where left out",
      several,
    )
    .option(
      "--instead <target>",
      "what answers at home are priced at; else a plan's first remote step",
    )
    .option("--gpu <target[=slots]>", "a target at home, and what one of its GPUs works on at once")
    .option(
      "--gpu-cost <figures>",
      "price=$2500,years=3,watts=400,kwh=$0.25 of one GPU, or hour=$1",
    )
    .option("--p95 <time>", "with --gpu: the least GPUs whose p95 is at most that");
}

/** What was asked of a replay; null for nothing. */
export function economicsOf(
  options: MoneyOptions,
  { targets }: Configuration,
): EconomicsOptions | null {
  const { economics, couldWait = [], instead, gpu, gpuCost, p95 } = options;
  const named = [instead, gpu, gpuCost, p95].some((each) => each !== undefined);
  if (economics !== true && couldWait.length === 0 && !named) return null;
  if (instead !== undefined && !targets.has(instead))
    throw new UsageError(`--instead: there is no target \`${instead}\``);
  return { couldWait: couldWait.map(readWait), instead: instead ?? null };
}

function readWait(text: string): WaitWord {
  const match = /^(intent|rule|tenant)=(.+)$/.exec(text.trim());
  if (match === null)
    throw new UsageError(`--could-wait takes intent=…, rule=… or tenant=…, not ${text}`);
  return { of: match[1] as WaitWord["of"], name: match[2] ?? "" };
}
