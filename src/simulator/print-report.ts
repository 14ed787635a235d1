import { count, dollars, ms, percent, requestsOf, table, wrapped } from "./print-table.ts";
import type { Report } from "./report.ts";
import { printReplay } from "./reports/print-replay.ts";
import type { ReportNames } from "./reports/report-names.ts";
import { requestWords } from "./reports/request-words.ts";

const rowsShown = 12;

/** A report as a person reads it on a terminal: plain text, tables aligned, no colour, lines of 100 columns at most. */
export function printReport(report: Report, names: ReportNames): string {
  const parts = [
    headOf(report, names),
    missingOf(report),
    notCountedOf(report),
    ...(report.replay === undefined ? decisionsOf(report) : printReplay(report, names)),
    diffOf(report, names),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Where requests were only decided: where they would go, and what that costs. */
function decisionsOf(report: Report): readonly string[] {
  return [
    rulesOf(report),
    table(
      ["target", "requests", "share", "tokens in", "tokens out", "cost"],
      report.targets.map((row) => [
        row.target,
        count(row.requests),
        percent(row.share),
        count(row.tokensIn),
        count(row.tokensOut),
        row.cost === null ? "unknown" : dollars(row.cost),
      ]),
    ),
    costOf(report),
    latencyOf(report),
  ];
}

function headOf(report: Report, names: ReportNames): string {
  const { skipped, outcomes } = report;
  const lines = [`${requestWords(report)} decided by ${names.policy}`];
  if (outcomes.rejected > 0) lines.push(`${count(outcomes.rejected)} rejected by a rule`);
  if (outcomes.unavailable > 0) lines.push(`${count(outcomes.unavailable)} left without a target`);
  if (skipped > 0)
    lines.push(`${count(skipped)} ${skipped === 1 ? "line" : "lines"} of the log skipped`);
  return lines.map((line) => wrapped(line)).join("\n");
}

function missingOf({ missing, incomplete }: Report): string {
  if (missing.length === 0) return "";
  const { requests, share } = incomplete;
  const told = `${requestsOf(requests)} (${percent(share)}) decided without a fact that the policy asked for.`;
  const lines = missing.map(
    ({ fact, requests, why }) => `  ${fact}: for ${requestsOf(requests)} ${why}`,
  );
  return [told, "Not in the log, so unknown to the policy:", ...lines]
    .map((line) => wrapped(line, "    "))
    .join("\n");
}

/** The rules; where the log lacks facts, also how many requests each decided without one. */
function rulesOf({ rules, incomplete }: Report): string {
  const isWhole = incomplete.requests === 0;
  const head = ["rule", "requests", "share", ...(isWhole ? [] : ["facts missing"])];
  const rows = rules.map((row) => [
    ...[row.rule, count(row.count), percent(row.share)],
    ...(isWhole ? [] : [row.incomplete === 0 ? "" : count(row.incomplete)]),
  ]);
  return table(head, rows);
}

function notCountedOf({ notCounted }: Report): string {
  const [first, ...others] = notCounted;
  if (first === undefined) return "";
  const more = others.length === 0 ? "" : ` and ${count(others.length)} more`;
  return wrapped(`Not counted here, so that nobody is turned away by it: ${first}${more}`);
}

function costOf({ cost }: Report): string {
  const lines = [`Cost: ${dollars(cost.total)}`];
  if (cost.withoutOutput > 0) {
    lines.push(
      `  for ${requestsOf(cost.withoutOutput)} the log counts no completion: only the prompt is priced`,
    );
  }
  if (cost.unpriced > 0) {
    lines.push(
      `  for ${requestsOf(cost.unpriced)} no price is known, of the target or for want of a count`,
    );
  }
  return lines.join("\n");
}

function latencyOf({ latency }: Report): string {
  if (latency === null) return "";
  const first = latency.ttftP50 === null ? "" : `; first token p50 ${ms(latency.ttftP50)}`;
  return wrapped(
    `Recorded times where the target stays the same: p50 ${ms(latency.p50)}, p95 ${ms(latency.p95)}, p99 ${ms(latency.p99)}${first}`,
  );
}

function diffOf({ diff, requests, replay }: Report, { policy, against }: ReportNames): string {
  if (diff === undefined) return "";
  const share = requests === 0 ? 0 : diff.changed / requests;
  const sign = diff.costDelta < 0 ? "-" : "+";
  const moved = `${count(diff.changed)} of ${count(requests)} requests (${percent(share)})`;
  const cost = replay === undefined ? `, ${sign}${dollars(Math.abs(diff.costDelta))}` : "";
  const head = wrapped(
    `With ${against} instead of ${policy}: ${moved} ${replay === undefined ? "go elsewhere" : "are sent elsewhere first"}${cost}`,
  );
  if (diff.transitions.length === 0) return head;
  const shown = diff.transitions.slice(0, rowsShown);
  const rows = shown.map((row) => [row.from, row.to, count(row.count), placeOf(row.example)]);
  const rest = diff.transitions.length - shown.length;
  const more = rest === 0 ? "" : `\nand ${rest} more changes`;
  const targets = `${table(["from", "to", "requests", "for example"], rows, ["left", "left", "right", "left"])}${more}`;
  return `${head}\n\n${targets}\n\n${ruleChangesOf(diff)}`;
}

function ruleChangesOf({ rules }: NonNullable<Report["diff"]>): string {
  const rows = rules.slice(0, rowsShown).map(({ from, to, count: n }) => [from, to, count(n)]);
  const rest = rules.length - rows.length;
  const more = rest === 0 ? "" : `\nand ${rest} more pairs of rules`;
  return `${table(["decided by", "and now by", "requests"], rows, ["left", "left", "right"])}${more}`;
}

function placeOf({ line, file }: { readonly line: number; readonly file?: string }): string {
  return file === undefined ? `line ${line}` : `${file}:${line}`;
}
