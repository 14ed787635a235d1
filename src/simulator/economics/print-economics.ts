import { count, dollars, ms, percent, requestsOf, table } from "../print-table.ts";
import type { ReplayReport } from "../replay/replay-report.ts";
import type { Economics, Monthly } from "./economics.ts";
import type { EconomicsReport, GpuCount } from "./economics-report.ts";
import type { BreakEven, HardwareFigure } from "./hardware.ts";

/** What a log comes to in money, as a person reads it on a terminal. */
export function printEconomics(
  report: EconomicsReport,
  providers: ReplayReport["providers"],
): string {
  const parts = [
    table(
      ["provider", "cost"],
      providers.map(({ provider, cost }) => [provider, dollars(cost)]),
    ),
    localOf(report),
    waitingOf(report),
    gpusOf(report.gpus),
    breakEvenText(report.breakEven),
    spanOf(report),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** `$1.20 ($310 a month, $280 to $350)`. */
function monthly({ total, month, low, high }: Monthly): string {
  if (month === null) return dollars(total);
  const bounds = low === null || high === null ? "" : `, ${dollars(low)} to ${dollars(high)}`;
  return `${dollars(total)} (${dollars(month)} a month${bounds})`;
}

function localOf({ local, spend }: Economics): string {
  const lines = [`All attempts: ${monthly(spend)}`];
  if (local.requests === 0) return [...lines, "No request was answered at home."].join("\n");
  const share = local.share === null ? "" : ` (${percent(local.share)})`;
  lines.push(`Answered at home: ${requestsOf(local.requests)}${share}, for ${monthly(local.cost)}`);
  const named = local.at.map(({ target, requests }) => `${target} for ${requestsOf(requests)}`);
  if (named.length > 0)
    lines.push(`  elsewhere they would have cost ${monthly(local.avoided)}: ${named.join(", ")}`);
  if (local.unpriced > 0)
    lines.push(
      `  ${requestsOf(local.unpriced)} with no remote step in the plan, or none of a known price, count as nothing spared; --instead names a target`,
    );
  return lines.join("\n");
}

function waitingOf({ waiting }: Economics): string {
  const lines = [
    `Could have waited (${waiting.by}): ${requestsOf(waiting.requests)} of remote targets`,
  ];
  for (const { tier, requests, saving } of waiting.tiers)
    lines.push(`  ${tier}: ${requestsOf(requests)} would have cost ${monthly(saving)} less`);
  if (waiting.requests > 0 && waiting.tiers.length === 0)
    lines.push("  no target of theirs has a batch or flex tier of a known price");
  if (waiting.untold > 0)
    lines.push(`  of ${requestsOf(waiting.untold)} the log does not say; --could-wait names them`);
  return lines.join("\n");
}

function gpusOf(gpus: GpuCount | undefined): string {
  if (gpus === undefined) return "";
  const { target, slots, p95Ms, needed, tried } = gpus;
  const rows = tried.map((each) => [
    count(each.gpus),
    each.p95 === null ? "" : ms(each.p95),
    ...[count(each.answered), count(each.failed), dollars(each.cost)],
    each.gpus === needed ? "←" : "",
  ]);
  const answer =
    needed === null
      ? `No number of GPUs that was tried brings the p95 of ${target} to ${ms(p95Ms)}`
      : `${count(needed)} ${needed === 1 ? "GPU" : "GPUs"} of ${count(slots)} slots at ${target} for a p95 of ${ms(p95Ms)}`;
  const head = ["GPUs", `p95 at ${target}`, "answered there", "failed", "cost of all", ""];
  const by = gpus.modelled ? "drawn from models" : "as long as the log tells";
  return `${answer}, of its answers from sending to their end, ${by}\n\n${table(head, rows)}`;
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

function breakEvenText(even: BreakEven | undefined): string {
  if (even === undefined) return "";
  const { gpus, hardware, monthlyCost, monthlyAvoided, monthlyNet, low, high } = even;
  const told = (["price", "years", "watts", "kwh", "hour"] as const)
    .filter((name) => hardware[countsWith[name]] > 0)
    .map((name) => {
      const text = figureTexts[name](hardware[name]);
      return hardware.from[name] === "assumed" ? `${text} (assumed)` : text;
    });
  const lines = [
    `${count(gpus)} ${gpus === 1 ? "GPU" : "GPUs"} at work day and night: ${dollars(monthlyCost)} a month, at ${told.join(", ")}`,
  ];
  if (monthlyAvoided === null || monthlyNet === null) return lines.join("\n");
  const bounds = low === null || high === null ? "" : ` (${signed(low)} to ${signed(high)})`;
  lines.push(
    `  they spare ${dollars(monthlyAvoided)} a month elsewhere: ${signed(monthlyNet)}${bounds}`,
  );
  if (even.breakEvenSpend === null || even.breakEvenTraffic === null)
    lines.push("  with this traffic they never pay");
  else
    lines.push(
      `  they pay from ${dollars(even.breakEvenSpend)} a month without them on, which is ${Number(even.breakEvenTraffic.toPrecision(3))} times this traffic`,
    );
  if (even.paybackMonths !== null)
    lines.push(`  their price is earned in ${Number(even.paybackMonths.toPrecision(3))} months`);
  return lines.join("\n");
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${dollars(Math.abs(value))}`;
}

function spanOf({ days, drawnFrom }: Economics): string {
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
