import type { Command } from "commander";
import { parseMoney, picodollarsPerDollar } from "../base/money.ts";
import type { RunningCost } from "../catalog/target.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import type { EconomicsOptions, WaitWord } from "../simulator/economics/economics.ts";
import { type GpuRent, gpuRents } from "../simulator/economics/gpu-rents.ts";
import type { HardwareFigure } from "../simulator/economics/hardware.ts";
import { readDuration } from "../simulator/replay/read-scenario.ts";
import { UsageError } from "./output.ts";

const rentNames = Object.keys(gpuRents).join(", ");

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
      `of one GPU: price=$2500,years=3,watts=400,kwh=$0.25; or hour=$1, a rent with its power; or gpu=… for a listed one (${rentNames})`,
    )
    .option("--p95 <time>", "with --gpu: the least GPUs whose p95 is at most that");
}

/** What was asked of a replay; null for nothing. */
export function economicsOf(
  options: MoneyOptions,
  configuration: Configuration,
): EconomicsOptions | null {
  const { economics, couldWait = [], instead, gpu, gpuCost, p95 } = options;
  const named = [instead, gpu, gpuCost, p95].some((each) => each !== undefined);
  if (economics !== true && couldWait.length === 0 && !named) return null;
  if (instead !== undefined && !configuration.targets.has(instead))
    throw new UsageError(`--instead: there is no target \`${instead}\``);
  // Whatever is not understood is told before the log is read.
  gpuOf(options, configuration);
  return { couldWait: couldWait.map(readWait), instead: instead ?? null };
}

function readWait(text: string): WaitWord {
  const match = /^(intent|rule|tenant)=(.+)$/.exec(text.trim());
  if (match === null)
    throw new UsageError(`--could-wait takes intent=…, rule=… or tenant=…, not ${text}`);
  return { of: match[1] as WaitWord["of"], name: match[2] ?? "" };
}

/** Throws a UsageError for a rule that could wait and that none of the policies has, by its id or its name. */
export function checkWaits(
  { couldWait = [] }: MoneyOptions,
  policies: readonly Pick<CheckedPolicy, "name" | "rules">[],
): void {
  const rules = policies.flatMap((policy) => policy.rules);
  for (const { of, name } of couldWait.map(readWait)) {
    if (of !== "rule" || rules.some((rule) => rule.id === name || rule.name === name)) continue;
    const ids = [...new Set(rules.map(({ id }) => id))];
    const near = didYouMean(name, ids);
    const hint = near === null ? `it has ${shortList(ids)}` : `did you mean \`${near}\`?`;
    const where = policies.map((policy) => policy.name).join(" or ");
    throw new UsageError(`--could-wait: ${where} has no rule \`${name}\`; ${hint}`);
  }
}

const rulesShown = 12;

function shortList(ids: readonly string[]): string {
  const more = ids.length - rulesShown;
  return `${ids.slice(0, rulesShown).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** GPUs that were asked about. */
export interface AskedGpu {
  readonly target: string;
  /** Requests that one works on at once. */
  readonly slots: number;
  /** What was said of their cost. */
  readonly figures: Readonly<Partial<Record<HardwareFigure, number>>>;
  /** A vendor's listed price that counts for the rest; null for none. */
  readonly rent: GpuRent | null;
  /** The p95 that enough of them reach; null where none is asked for. */
  readonly p95Ms: number | null;
}

/** The GPUs that the options ask about; null for none. */
export function gpuOf(
  { gpu, gpuCost, p95 }: MoneyOptions,
  configuration: Configuration,
): AskedGpu | null {
  if (gpu === undefined) {
    if (p95 === undefined && gpuCost === undefined) return null;
    const alone = p95 === undefined ? "--gpu-cost" : "--p95";
    throw new UsageError(`${alone} goes with --gpu, which names the target at home`);
  }
  const p95Ms = p95 === undefined ? null : readDuration(p95);
  if (p95 !== undefined && (p95Ms === null || p95Ms <= 0))
    throw new UsageError(`--p95 takes a time such as 2s, not ${p95}`);
  return { ...readGpu(gpu, configuration), ...readFigures(gpuCost ?? ""), p95Ms };
}

/** What the configuration says of a target's server, whether or not the target has prices of its own; undefined for nothing. */
export function serverOf(
  target: string,
  { targets, providers }: Configuration,
): RunningCost | undefined {
  const provider = targets.get(target)?.provider;
  return provider === undefined ? undefined : providers.get(provider)?.runningCost;
}

function readGpu(text: string, configuration: Configuration): Pick<AskedGpu, "target" | "slots"> {
  const [name = "", written] = text.split("=");
  const target = configuration.targets.get(name);
  if (target === undefined) throw new UsageError(`--gpu: there is no target \`${name}\``);
  if (!target.local) throw new UsageError(`--gpu: \`${name}\` is not at home`);
  const slots =
    written === undefined
      ? (serverOf(name, configuration)?.slots ?? target.concurrency ?? 0)
      : Number(written);
  if (Number.isInteger(slots) && slots >= 1 && slots <= 100_000) return { target: name, slots };
  throw new UsageError(
    `--gpu: say how many requests one GPU of \`${name}\` works on at once, such as ${name}=8`,
  );
}

const mostOf: Readonly<Record<HardwareFigure, number>> = {
  ...{ price: 1_000_000, years: 30, watts: 1_000_000, kwh: 100, hour: 10_000 },
};

function readFigures(text: string): Pick<AskedGpu, "figures" | "rent"> {
  const figures: Partial<Record<HardwareFigure, number>> = {};
  let rent: GpuRent | null = null;
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const [, name = "", written = ""] = /^\s*(\w+)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    if (name === "gpu") {
      rent = rentOf(written);
      continue;
    }
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
  return { figures, rent };
}

function rentOf(name: string): GpuRent {
  const rent = Object.hasOwn(gpuRents, name) ? gpuRents[name] : undefined;
  if (rent !== undefined) return rent;
  throw new UsageError(
    `--gpu-cost: no rent is listed for \`${name}\`, only for ${rentNames}; hour=$1 names your own`,
  );
}

/** Amounts above what a request may cost are read in whole dollars. */
function dollarsIn(text: string): number | null {
  const exact = parseMoney(text);
  if (exact !== null) return exact / picodollarsPerDollar;
  return /^\$?\d{4,7}$/.test(text) ? Number(text.replace("$", "")) : null;
}
