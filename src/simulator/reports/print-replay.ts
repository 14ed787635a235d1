import { printable } from "../../diagnostics/excerpt.ts";
import { count, cutTo, dollars, percent, requestsOf, table, wrapped } from "../print-table.ts";
import type { ReplayReport, TargetWork } from "../replay/replay-report.ts";
import type { Report } from "../report.ts";
import { batchWords } from "./batch-words.ts";
import { faultTimes, faultWords } from "./fault-words.ts";
import { changed, duration, figure, moment, signed } from "./figures.ts";
import { printKinds } from "./print-kinds.ts";
import { printTrends } from "./print-trends.ts";
import type { ReportNames } from "./report-names.ts";
import { causesText, neverFired, pairsOf, type SummaryRow, summaryOf } from "./summary.ts";

/** What became of the requests in the virtual world, in parts; none where they were only decided. */
export function printReplay(report: Report, names: ReportNames): readonly string[] {
  const { replay, against } = report;
  if (replay === undefined) return [];
  const sides: readonly Side[] = [
    { replay, name: names.policy },
    ...(against === undefined ? [] : [{ replay: against, name: names.against ?? "" }]),
  ];
  return [
    worldOf(replay),
    summaryTable(report, names),
    ...sides.flatMap((side) => sideOf(side, sides.length > 1)),
    printTrends(sides),
    ...printKinds(report),
    notesOf(sides),
  ];
}

/** A replay and the policy it is of. */
export interface Side {
  readonly replay: ReplayReport;
  readonly name: string;
}

/** Of a scenario and of what a log was learnt to tell. */
const faultsShown = 10;

function worldOf({
  scenario,
  faults,
  fromMs,
  toMs,
  intervals,
  late,
  untimed,
}: ReplayReport): string {
  const [first, last] = [intervals[0]?.atMs ?? fromMs, intervals.at(-1)?.atMs ?? toMs];
  const span = first === null || last === null ? 0 : last - first;
  const lines = [`Replayed ${scenario === "" ? "" : `(${scenario})`}`.trim()];
  if (fromMs !== null && toMs !== null)
    lines[0] += `, from ${moment(fromMs)} to ${moment(toMs)} UTC`;
  for (const fault of faults.slice(0, faultsShown))
    lines.push(`  ${faultWords(fault)}: ${faultTimes(fault, span)}`);
  if (faults.length > faultsShown) lines.push(`  and ${count(faults.length - faultsShown)} more`);
  if (late > 0) lines.push(`  ${requestsOf(late)} told of too late to be replayed in their place`);
  if (untimed > 0)
    lines.push(`  ${requestsOf(untimed)} without a time came together with the one before`);
  return lines.map((line) => wrapped(line, "    ")).join("\n");
}

/** Of a policy at the head of a column of figures. */
const longestName = 16;

function summaryTable(report: Report, names: ReportNames): string {
  const rows = summaryOf(report);
  const [policy, against] = [names.policy, names.against ?? ""].map((name) =>
    cutTo(printable(name), longestName),
  ) as [string, string];
  if (names.against === null || report.against === undefined)
    return table(
      ["", policy],
      rows.map(({ label, before, unit }) => [label, shown(before, unit)]),
    );
  return table(
    ["", policy, against, "change (95 % sure)"],
    rows.map((row) => [
      ...[row.label, shown(row.before, row.unit), shown(row.after, row.unit)],
      changeOf(row),
    ]),
    ["left", "right", "right", "left"],
  );
}

function shown(value: number | null, unit: SummaryRow["unit"]): string {
  return value === null ? "" : figure(value, unit);
}

/** What changes, with its bounds where they were reckoned; nothing where nothing changes. */
export function changeOf({ before, after, change, unit }: SummaryRow): string {
  if (change !== null)
    return change.delta === 0 && !change.low && !change.high ? "" : changed(change, unit);
  if (before === null || after === null || before === after) return "";
  return signed(after - before, unit);
}

function sideOf({ replay, name }: Side, isOneOfTwo: boolean): readonly string[] {
  const under = isOneOfTwo ? ` under ${name}` : "";
  return [
    `${wrapped(`Targets${under}`)}\n\n${targetTable(replay.targets)}`,
    fallbackLines(replay, under),
    batchLines(replay, under),
    stoppedLines(replay, under),
    neverLines(replay, under),
  ];
}

function targetTable(targets: readonly TargetWork[]): string {
  return table(
    ["target", "attempts", "answered", "for others", "cost", "p50", "p95", "failed"],
    targets.map((work) => [
      ...[work.target, count(work.attempts), count(work.answered)],
      work.answeredForOthers === 0 ? "" : count(work.answeredForOthers),
      work.cost === null ? "unknown" : dollars(work.cost),
      work.latency === null ? "" : duration(work.latency.p50),
      work.latency === null ? "" : duration(work.latency.p95),
      [causesText(work.failed), work.aborted === 0 ? "" : `stopped ${count(work.aborted)}`]
        .filter((text) => text !== "")
        .join(", "),
    ]),
    ["left", "right", "right", "right", "right", "right", "right", "left"],
  );
}

const pathsShown = 6;

function fallbackLines({ fallbacks }: ReplayReport, under: string): string {
  const { requests, share, cost, latency, causes, paths } = fallbacks;
  if (requests === 0) return "";
  const p95 = latency === null ? "" : `, p95 ${duration(latency.p95)}`;
  const shownPaths = paths
    .slice(0, pathsShown)
    .map(({ from, to, requests: each }) => `${from} → ${to} ${count(each)}`);
  const more = paths.length > pathsShown ? ` and ${count(paths.length - pathsShown)} more` : "";
  return [
    `Another target than the first answered${under}: ${requestsOf(requests)} (${percent(share)}), ${dollars(cost)}${p95}`,
    `  because of ${causesText(causes)}`,
    `  ${shownPaths.join(", ")}${more}`,
  ]
    .map((line) => wrapped(line, "    "))
    .join("\n");
}

function batchLines({ batch }: ReplayReport, under: string): string {
  return batch === null ? "" : wrapped(`The batch lane${under}: ${batchWords(batch)}`, "  ");
}

const stoppedShown = 12;

function stoppedLines({ limited, guards }: ReplayReport, under: string): string {
  const rows = [
    ...limited.map(({ option, requests }) => [option, "stopped", count(requests)]),
    ...guards.flatMap(({ guard, enforced, refused }) => [
      ...(enforced === 0 ? [] : [[guard, "changed the plan of", count(enforced)]]),
      ...(refused === 0 ? [] : [[guard, "refused", count(refused)]]),
    ]),
  ];
  if (rows.length === 0) return "";
  const more = rows.length > stoppedShown ? `\nand ${count(rows.length - stoppedShown)} more` : "";
  const told = table(["limit or guard", "", "requests"], rows.slice(0, stoppedShown), [
    ...(["left", "left", "right"] as const),
  ]);
  return `${wrapped(`Limits and guards${under}`)}\n\n${told}${more}`;
}

function neverLines({ rules }: ReplayReport, under: string): string {
  const never = neverFired(rules);
  if (never.length === 0) return "";
  const named = never.slice(0, stoppedShown).join(", ");
  const more = never.length > stoppedShown ? ` and ${count(never.length - stoppedShown)} more` : "";
  return wrapped(`Rules that never fired${under}: ${named}${more}`);
}

function notesOf(sides: readonly Side[]): string {
  const [first, second] = sides;
  const pairs = pairsOf(
    first?.replay.notPlayed ?? [],
    second?.replay.notPlayed ?? [],
    (note) => note,
  );
  if (pairs.length === 0) return "";
  return ["Not played:", ...pairs.map(({ name }) => wrapped(`  ${name}`, "    "))].join("\n");
}
