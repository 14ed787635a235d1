import type { Monthly } from "../economics/economics.ts";
import type { GpuCount } from "../economics/economics-report.ts";
import {
  breakEvenTexts,
  gpusText,
  moneyNotes,
  moneyRows,
  spanText,
  triedGpus,
} from "../economics/economics-texts.ts";
import { count, dollars } from "../print-table.ts";
import type { Report } from "../report.ts";
import { duration } from "./figures.ts";
import { markdownTable, named } from "./markdown-text.ts";
import type { ReportNames } from "./report-names.ts";

/** What a log comes to in money, of two policies under the second; empty where it was not asked for. */
export function moneyMarkdown(
  { economics, economicsBefore: before }: Pick<Report, "economics" | "economicsBefore">,
  names: ReportNames,
): string {
  if (economics === undefined) return "";
  const { gpus, breakEven } = economics;
  const rows = moneyRows(economics, before).map(({ label, requests, money, before: was }) => [
    label,
    ...[requests === null ? "" : count(requests), dollars(money.total), ...monthOf(money)],
    ...(before === undefined ? [] : [was === null ? "" : monthOf(was)[0]]),
  ]);
  const head = ["", "requests", "over the log", "a month", "95 % sure"];
  const heads = before === undefined ? head : [...head, `a month under ${named(names.policy)}`];
  const parts = [
    `#### What it comes to in money, under ${named(names.against ?? names.policy)}`,
    markdownTable(heads, rows),
    listOf(moneyNotes(economics, named)),
    gpus === undefined ? "" : gpuTable(gpus),
    breakEven === undefined ? "" : listOf(breakEvenTexts(breakEven)),
    spanText(economics),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function listOf(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

/** The month and its bounds, as two cells. */
export function monthOf({ month, low, high }: Monthly): readonly [string, string] {
  const bounds = low === null || high === null ? "" : `${dollars(low)} to ${dollars(high)}`;
  return [month === null ? "" : dollars(month), bounds];
}

function gpuTable(gpus: GpuCount): string {
  const rows = triedGpus(gpus).map(({ gpus: each, p95, answered, failed, cost, isNeeded }) => {
    const cells = [
      ...[each, p95 === null ? "" : duration(p95)],
      ...[count(answered), count(failed), dollars(cost)],
    ];
    return isNeeded ? cells.map((cell) => `**${cell}**`) : cells;
  });
  const head = ["GPUs", `p95 at ${named(gpus.target)}`, "answered there", "failed", "cost of all"];
  return `${gpusText(gpus, named)}\n\n${markdownTable(head, rows, 0)}`;
}
