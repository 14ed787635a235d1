import { count, dollars, ms, percent, requestsOf, table, wrapped } from "../print-table.ts";
import type { ReplayReport } from "../replay/replay-report.ts";
import type { ReportNames } from "../reports/report-names.ts";
import type { BreakEven } from "./break-even.ts";
import type { Economics, Monthly } from "./economics.ts";
import type { EconomicsReport, GpuCount } from "./economics-report.ts";
import {
  breakEvenTexts,
  gpusText,
  type NameOf,
  spanText,
  triedGpus,
  unpricedText,
  waitingNotes,
} from "./economics-texts.ts";

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
    breakEvenOf(report.breakEven),
    spanText(report),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Of two policies: whose money it is that is told, and what a month comes to under either. */
export function changeText(
  { spend }: Economics,
  { spend: before }: Economics,
  { policy, against }: ReportNames,
): string {
  const told = `What it comes to in money under ${against}`;
  if (spend.month === null || before.month === null)
    return wrapped(
      `${told}: ${dollars(spend.total)}, where ${policy} costs ${dollars(before.total)}`,
    );
  return wrapped(
    `${told}: ${dollars(spend.month)} a month, where ${policy} costs ${dollars(before.month)}`,
  );
}

const asItIs: NameOf = (name) => name;

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
  if (local.unpriced > 0) lines.push(`  ${unpricedText(local.unpriced)}`);
  return lines.join("\n");
}

function waitingOf(economics: Economics): string {
  const { by, requests: all, tiers } = economics.waiting;
  const lines = [`Could have waited (${by}): ${requestsOf(all)} of remote targets`];
  for (const { tier, requests, saving } of tiers)
    lines.push(`  ${tier}: ${requestsOf(requests)} would have cost ${monthly(saving)} less`);
  lines.push(...waitingNotes(economics).map((note) => `  ${note}`));
  return lines.join("\n");
}

function gpusOf(gpus: GpuCount | undefined): string {
  if (gpus === undefined) return "";
  const rows = triedGpus(gpus).map((each) => [
    ...[each.gpus, each.p95 === null ? "" : ms(each.p95)],
    ...[count(each.answered), count(each.failed), dollars(each.cost)],
    each.isNeeded ? "←" : "",
  ]);
  const head = ["GPUs", `p95 at ${gpus.target}`, "answered there", "failed", "cost of all", ""];
  return `${wrapped(gpusText(gpus, asItIs))}\n\n${table(head, rows)}`;
}

function breakEvenOf(even: BreakEven | undefined): string {
  if (even === undefined) return "";
  const [cost, ...held] = breakEvenTexts(even);
  return [cost, ...held.map((line) => `  ${line}`)].map((line) => wrapped(line, "    ")).join("\n");
}
