import { count, dollars, ms, percent, requestsOf } from "../print-table.ts";
import type { BreakEven } from "./break-even.ts";
import type { Economics, Monthly } from "./economics.ts";
import type { GpuCount } from "./economics-report.ts";
import type { Hardware, HardwareFigure } from "./hardware.ts";

/** How a name of a configuration or an option is written where a text stands: as it is, as Markdown, as HTML's text. */
export type NameOf = (name: string) => string;

/** What a row of money is of. */
export interface MoneyRow {
  readonly label: string;
  /** Null for all of the log's. */
  readonly requests: number | null;
  readonly money: Monthly;
  /** Under the policy before; null where there is none, or nothing of the kind. */
  readonly before: Monthly | null;
}

/** What was spent, what answers at home spared, and what waiting would have. */
export function moneyRows(
  { spend, local, waiting }: Economics,
  before?: Economics,
): readonly MoneyRow[] {
  const was = (money: Monthly | undefined): Monthly | null => money ?? null;
  const share = local.share === null ? "" : ` (${percent(local.share)})`;
  const atHome: readonly MoneyRow[] = [
    {
      label: `answered at home${share}`,
      requests: local.requests,
      money: local.cost,
      before: was(before?.local.cost),
    },
    {
      label: "what those would have cost elsewhere",
      requests: local.requests - local.unpriced,
      ...{ money: local.avoided, before: was(before?.local.avoided) },
    },
  ];
  return [
    { label: "all attempts", requests: null, money: spend, before: was(before?.spend) },
    ...(local.requests === 0 ? [] : atHome),
    ...waiting.tiers.map(({ tier, requests, saving }) => ({
      ...{ label: `saved by ${tier}, of what could wait`, requests, money: saving },
      before: was(before?.waiting.tiers.find((each) => each.tier === tier)?.saving),
    })),
  ];
}

/** Targets that are named in one sentence. */
const namesShown = 8;

/** What the rows of money rest on. */
export function moneyNotes(economics: Economics, nameOf: NameOf): readonly string[] {
  const { local } = economics;
  const named = local.at
    .slice(0, namesShown)
    .map(({ target, requests }) => `${nameOf(target)} for ${requestsOf(requests)}`);
  const more = local.at.length - named.length;
  if (more > 0) named.push(`${count(more)} more`);
  return [
    ...(local.requests === 0 ? ["No request was answered at home."] : []),
    ...(named.length === 0 ? [] : [`Elsewhere is ${named.join(", ")}.`]),
    ...(local.unpriced === 0 ? [] : [`${unpricedText(local.unpriced)}.`]),
    `Could have waited (${nameOf(economics.waiting.by)}): ${requestsOf(economics.waiting.requests)} of remote targets.`,
    ...waitingNotes(economics).map((note) => `${note.charAt(0).toUpperCase()}${note.slice(1)}.`),
  ];
}

export function unpricedText(requests: number): string {
  return `${requestsOf(requests)} with no remote step in the plan, or none of a known price, count as nothing spared; --instead names a target`;
}

/** What is not known of requests that could have waited. */
export function waitingNotes({ waiting }: Economics): readonly string[] {
  const { requests, tiers, untold } = waiting;
  return [
    ...(requests > 0 && tiers.length === 0
      ? ["no target of theirs has a batch or flex tier of a known price"]
      : []),
    ...(untold > 0
      ? [
          `of ${requestsOf(untold)} the log does not say whether they were streamed; --could-wait names them`,
        ]
      : []),
  ];
}

/** How many GPUs it takes, and of which times that is the p95; in whole sentences. */
export function gpusText(gpus: GpuCount, nameOf: NameOf): string {
  const { slots, p95Ms, needed, modelled } = gpus;
  const target = nameOf(gpus.target);
  const each = `${count(slots)} ${slots === 1 ? "slot" : "slots"}`;
  const answer =
    needed === null
      ? unreachedText(gpus, target)
      : `${gpusOf(needed)} of ${each} at ${target} ${needed === 1 ? "is enough" : "are the fewest"} for a p95 of ${ms(p95Ms)}.`;
  const from = modelled
    ? "All of them are drawn from its model"
    : "Where the log tells a request's time there that is taken; the others are drawn from its model";
  return `${answer} The times are those from the sending of a request to ${target} to the end of its answer, with its wait for a free slot. ${from}.`;
}

/** Why no count that was tried is enough. */
function unreachedText({ p95Ms, tried }: GpuCount, target: string): string {
  const [most, before] = tried.toReversed();
  if (most?.p95 == null) return `${target} answered nothing, so no number of GPUs has a p95 there.`;
  const isFlat = before?.p95 === most.p95 && before.answered === most.answered;
  const why = isFlat
    ? `No number of GPUs brings the p95 of ${target} to ${ms(p95Ms)}: without any wait for a slot it is ${ms(most.p95)}.`
    : `No number of GPUs up to ${count(most.gpus)} brings the p95 of ${target} to ${ms(p95Ms)}: with so many it is ${ms(most.p95)}.`;
  return `${why} So none are priced.`;
}

/** Counts that were tried, those next to each other that make no difference as one: `4 to 256`. */
export interface TriedGpus extends Omit<GpuCount["tried"][number], "gpus"> {
  readonly gpus: string;
  readonly isNeeded: boolean;
}

export function triedGpus({ tried, needed }: GpuCount): readonly TriedGpus[] {
  const runs: (readonly [GpuCount["tried"][number], ...GpuCount["tried"]])[] = [];
  for (const each of tried) {
    const run = runs.at(-1);
    const isAlone = run === undefined || each.gpus === needed || run[0].gpus === needed;
    if (isAlone || !isAlike(run[0], each)) runs.push([each]);
    else runs[runs.length - 1] = [...run, each];
  }
  return runs.map((run) => {
    const [{ gpus, ...figures }] = run;
    const last = run.at(-1)?.gpus ?? gpus;
    const text = last === gpus ? count(gpus) : `${count(gpus)} to ${count(last)}`;
    return { ...figures, gpus: text, isNeeded: gpus === needed };
  });
}

function isAlike(
  { gpus: _, ...one }: GpuCount["tried"][number],
  { gpus: __, ...other }: GpuCount["tried"][number],
): boolean {
  const { p95, answered, failed, cost } = one;
  return (
    p95 === other.p95 &&
    answered === other.answered &&
    failed === other.failed &&
    cost === other.cost
  );
}

function gpusOf(gpus: number): string {
  return `${count(gpus)} ${gpus === 1 ? "GPU" : "GPUs"}`;
}

const figureTexts: Readonly<Record<HardwareFigure, (value: number) => string>> = {
  price: (value) => `${dollars(value)} each`,
  years: (value) => `${value} years`,
  watts: (value) => `${count(value)} W`,
  kwh: (value) => `${dollars(value)} a kWh`,
  hour: (value) => `${dollars(value)} an hour`,
};

/** The figure without which another is nothing. */
const countsWith: Readonly<Record<HardwareFigure, HardwareFigure>> = {
  ...{ price: "price", years: "price", watts: "watts", kwh: "watts", hour: "hour" },
};

function hardwareText(hardware: Hardware): string {
  return (["price", "years", "watts", "kwh", "hour"] as const)
    .filter((name) => hardware[countsWith[name]] > 0)
    .map((name) => {
      const text = figureTexts[name](hardware[name]);
      const { rent, from } = hardware;
      if (from[name] === "listed" && rent !== undefined)
        return `${text} (${rent.what}, ${rent.page} on ${rent.readOn})`;
      return from[name] === "assumed" ? `${text} (assumed)` : text;
    })
    .join(", ");
}

/** Whether the GPUs pay: what they cost first, and then what that is held against. */
export function breakEvenTexts(even: BreakEven): readonly [string, ...string[]] {
  const { gpus, hardware, monthlyCost, monthlyAvoided, monthlyNet, low, high } = even;
  const cost = `${gpusOf(gpus)} at work day and night: ${dollars(monthlyCost)} a month, at ${hardwareText(hardware)}`;
  if (monthlyAvoided === null || monthlyNet === null) return [cost];
  const bounds = low === null || high === null ? "" : ` (${signed(low)} to ${signed(high)})`;
  return [
    cost,
    `they spare ${dollars(monthlyAvoided)} a month elsewhere: ${signed(monthlyNet)}${bounds}`,
    paysText(even),
    ...(even.paybackMonths === null
      ? []
      : [`their price is earned in ${Number(even.paybackMonths.toPrecision(3))} months`]),
  ];
}

/** From which traffic on they pay. */
function paysText(even: BreakEven): string {
  const { gpus, busiest, fullAvoidedHourly, hourlyCost, breakEvenSpend, breakEvenTraffic } = even;
  if (breakEvenSpend !== null && breakEvenTraffic !== null) {
    const times = Number(breakEvenTraffic.toPrecision(3));
    const full = percent(Math.min(1, (breakEvenTraffic * busiest) / gpus));
    return `they pay from ${dollars(breakEvenSpend)} a month without them on, which is ${times} times this traffic and keeps them ${full} at work in its busiest hour${even.p95Ms === null || times <= 1 ? "" : "; whether the p95 still holds then, --traffic tells"}`;
  }
  if (fullAvoidedHourly === null) return "they spare nothing, so they pay at no traffic";
  const limit =
    even.tooFew > busiest ? "no fuller than the p95 lets it be" : "full in its busiest hour";
  return `they pay at no traffic of this kind: a GPU that is ${limit} spares ${dollars(fullAvoidedHourly)} an hour and costs ${dollars(hourlyCost)}, and more traffic takes more GPUs`;
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${dollars(Math.abs(value))}`;
}

/** What a month is. */
export function spanText({ days, drawnFrom }: Economics): string {
  if (days === 0) return "The log tells no span of time, so nothing is said of a month.";
  const hours = days * 24;
  const short = hours >= 2 ? `${hours.toFixed(1)} hours` : `${(hours * 60).toFixed(1)} minutes`;
  const span = days >= 2 ? `${days.toFixed(1)} days` : short;
  const bounds =
    drawnFrom === null
      ? "too short for bounds"
      : `bounds hold with 95 % confidence for months of ${drawnFrom} like these`;
  const shortOf = days < 1 ? "day" : "week";
  const unseen = days < 7 ? `; it has seen no whole ${shortOf}` : "";
  return `Months are the log's ${span} made longer: ${bounds}${unseen}.`;
}
